// A Go client: asks for every row of a CSV file and prints the answers as JSON.
//
//	client HOST:PORT rows.csv FORM [CA]
//
// FORM is `unary` or `stream`, calls of ml.IrisPredictor, or `typed`, `raw` or `batches`, calls of
// inference.GRPCInferenceService. The packages iris and inference are made from proto/.
package main

import (
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"strconv"
	"time"

	"example.com/iris-client/inference"
	"example.com/iris-client/iris"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

type row [4]float64

type answer struct {
	Label      string    `json:"label"`
	ClassIndex int32     `json:"classIndex"`
	Shares     []float64 `json:"shares"`
}

type ask func(context.Context, *grpc.ClientConn, []row) ([]answer, error)

var forms = map[string]ask{
	"unary": unary, "stream": stream, "typed": typed, "raw": raw, "batches": batches,
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(arguments []string) error {
	address, path, form := arguments[0], arguments[1], arguments[2]
	rows, err := readRows(path)
	if err != nil {
		return err
	}
	transport := insecure.NewCredentials()
	if len(arguments) > 3 {
		if transport, err = credentials.NewClientTLSFromFile(arguments[3], ""); err != nil {
			return err
		}
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(transport))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	answers, err := forms[form](ctx, connection, rows)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

func readRows(path string) ([]row, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(records)-1)
	for i, record := range records[1:] {
		for feature := range rows[i] {
			if rows[i][feature], err = strconv.ParseFloat(record[feature], 64); err != nil {
				return nil, err
			}
		}
	}
	return rows, nil
}

func flower(r row) *iris.IrisPredictRequest {
	return &iris.IrisPredictRequest{SepalLength: r[0], SepalWidth: r[1], PetalLength: r[2], PetalWidth: r[3]}
}

func answerOf(reply *iris.IrisPredictReply) answer {
	return answer{reply.SpeciesName, reply.Species, reply.Probabilities}
}

func unary(ctx context.Context, connection *grpc.ClientConn, rows []row) ([]answer, error) {
	server := iris.NewIrisPredictorClient(connection)
	var answers []answer
	for _, r := range rows {
		reply, err := server.PredictIrisSpecies(ctx, flower(r))
		if err != nil {
			return nil, err
		}
		answers = append(answers, answerOf(reply))
	}
	return answers, nil
}

// All rows are sent before the first reply is read.
func stream(ctx context.Context, connection *grpc.ClientConn, rows []row) ([]answer, error) {
	call, err := iris.NewIrisPredictorClient(connection).PredictIrisSpeciesStream(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := call.Send(flower(r)); err != nil {
			return nil, err
		}
	}
	if err := call.CloseSend(); err != nil {
		return nil, err
	}
	var answers []answer
	for {
		reply, err := call.Recv()
		if err == io.EOF {
			return answers, nil
		}
		if err != nil {
			return nil, err
		}
		answers = append(answers, answerOf(reply))
	}
}

func inferRequest(rows []row) *inference.ModelInferRequest {
	return &inference.ModelInferRequest{
		ModelName: "iris",
		Inputs: []*inference.ModelInferRequest_InferInputTensor{{
			Name:     "features",
			Datatype: "FP64",
			Shape:    []int64{int64(len(rows)), int64(len(row{}))},
		}},
	}
}

func typedRequest(rows []row) *inference.ModelInferRequest {
	request := inferRequest(rows)
	contents := &inference.InferTensorContents{}
	for _, r := range rows {
		contents.Fp64Contents = append(contents.Fp64Contents, r[:]...)
	}
	request.Inputs[0].Contents = contents
	return request
}

func typed(ctx context.Context, connection *grpc.ClientConn, rows []row) ([]answer, error) {
	response, err := inference.NewGRPCInferenceServiceClient(connection).ModelInfer(ctx, typedRequest(rows))
	if err != nil {
		return nil, err
	}
	return typedAnswers(response), nil
}

func typedAnswers(response *inference.ModelInferResponse) []answer {
	labels := response.Outputs[0].Contents.BytesContents
	indices := response.Outputs[1].Contents.IntContents
	shares := response.Outputs[2].Contents.Fp64Contents
	width := len(shares) / len(labels)
	answers := make([]answer, len(labels))
	for i := range answers {
		answers[i] = answer{string(labels[i]), indices[i], shares[i*width : (i+1)*width]}
	}
	return answers
}

func raw(ctx context.Context, connection *grpc.ClientConn, rows []row) ([]answer, error) {
	request := inferRequest(rows)
	var contents []byte
	for _, r := range rows {
		for _, value := range r {
			contents = binary.LittleEndian.AppendUint64(contents, math.Float64bits(value))
		}
	}
	request.RawInputContents = [][]byte{contents}
	response, err := inference.NewGRPCInferenceServiceClient(connection).ModelInfer(ctx, request)
	if err != nil {
		return nil, err
	}
	return rawAnswers(response), nil
}

func rawAnswers(response *inference.ModelInferResponse) []answer {
	labels, indices, shares := response.RawOutputContents[0], response.RawOutputContents[1], response.RawOutputContents[2]
	width := int(response.Outputs[2].Shape[1])
	answers := make([]answer, response.Outputs[0].Shape[0])
	for i := range answers {
		end := 4 + binary.LittleEndian.Uint32(labels)
		answers[i] = answer{Label: string(labels[4:end]), ClassIndex: int32(binary.LittleEndian.Uint32(indices[4*i:]))}
		labels = labels[end:]
		for share := i * width; share < (i+1)*width; share++ {
			answers[i].Shares = append(answers[i].Shares, math.Float64frombits(binary.LittleEndian.Uint64(shares[8*share:])))
		}
	}
	return answers
}

// Batches over one stream, each asked when the one before it is answered.
func batches(ctx context.Context, connection *grpc.ClientConn, rows []row) ([]answer, error) {
	call, err := inference.NewGRPCInferenceServiceClient(connection).ModelStreamInfer(ctx)
	if err != nil {
		return nil, err
	}
	var answers []answer
	for start := 0; start < len(rows); start += 40 {
		if err := call.Send(typedRequest(rows[start:min(start+40, len(rows))])); err != nil {
			return nil, err
		}
		reply, err := call.Recv()
		if err != nil {
			return nil, err
		}
		if reply.ErrorMessage != "" {
			return nil, fmt.Errorf("batch from row %d: %s", start, reply.ErrorMessage)
		}
		answers = append(answers, typedAnswers(reply.InferResponse)...)
	}
	return answers, call.CloseSend()
}
