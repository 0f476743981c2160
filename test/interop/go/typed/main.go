// A Go client of a typed contract: asks for every row of the mixed table and prints the answers as JSON.
//
//	typed HOST:PORT rows.csv
//
// The package mixed is made from the contract that iris proto wrote.
package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"log"
	"os"
	"strconv"
	"time"

	"example.com/iris-client/mixed"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

type answer struct {
	Label  string    `json:"label"`
	Value  string    `json:"value"`
	Shares []float64 `json:"shares"`
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(address, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return err
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	predictor := mixed.NewMixedPredictorClient(connection)
	answers := []answer{}
	for _, record := range records[1:] {
		request, err := requestOf(record)
		if err != nil {
			return err
		}
		reply, err := predictor.Predict(ctx, request)
		if err != nil {
			return err
		}
		answers = append(answers, answer{reply.ClassName, reply.PredictedClass.String(), reply.Probabilities})
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

// An empty cell is an absent field.
func requestOf(record []string) (*mixed.MixedPredictRequest, error) {
	size, err := number(record[0])
	if err != nil {
		return nil, err
	}
	weight, err := number(record[2])
	if err != nil {
		return nil, err
	}
	request := &mixed.MixedPredictRequest{Size: size, Weight: weight}
	if record[1] != "" {
		request.Colour = &record[1]
	}
	return request, nil
}

func number(cell string) (*float64, error) {
	if cell == "" {
		return nil, nil
	}
	value, err := strconv.ParseFloat(cell, 64)
	return &value, err
}
