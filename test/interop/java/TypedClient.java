import com.google.gson.Gson;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import ml.mixed.Mixed.MixedPredictReply;
import ml.mixed.Mixed.MixedPredictRequest;
import ml.mixed.MixedPredictorGrpc;
import ml.mixed.MixedPredictorGrpc.MixedPredictorBlockingStub;

/**
 * A Java client of a typed contract: asks for every row of the mixed table, and once for none, and prints the answers as JSON.
 *
 * <p>java TypedClient HOST:PORT < rows.json, where a row is a list of cells. The package ml.mixed is made from the contract
 * that iris proto wrote.
 */
public final class TypedClient {
  public static void main(String[] args) throws Exception {
    Gson gson = new Gson();
    String[][] rows = gson.fromJson(new InputStreamReader(System.in, StandardCharsets.UTF_8), String[][].class);
    ManagedChannel channel = Grpc.newChannelBuilder(args[0], InsecureChannelCredentials.create()).build();
    try {
      MixedPredictorBlockingStub stub =
          MixedPredictorGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
      List<Map<String, Object>> answers = new ArrayList<>();
      for (String[] row : rows) answers.add(answer(stub.predict(request(row))));
      Map<String, Object> found = Map.of("answers", answers, "refusal", refusal(stub));
      new PrintStream(System.out, true, StandardCharsets.UTF_8).println(gson.toJson(found));
    } finally {
      channel.shutdownNow();
    }
  }

  /** An empty cell is an absent field. */
  private static MixedPredictRequest request(String[] row) {
    MixedPredictRequest.Builder request = MixedPredictRequest.newBuilder();
    if (!row[0].isEmpty()) request.setSize(Double.parseDouble(row[0]));
    if (!row[1].isEmpty()) request.setColour(row[1]);
    if (!row[2].isEmpty()) request.setWeight(Double.parseDouble(row[2]));
    return request.build();
  }

  private static Map<String, Object> answer(MixedPredictReply reply) {
    return Map.of(
        "label", reply.getClassName(),
        "value", reply.getPredictedClass().name(),
        "shares", reply.getProbabilitiesList());
  }

  private static String refusal(MixedPredictorBlockingStub stub) {
    try {
      stub.predict(MixedPredictRequest.getDefaultInstance());
      return "none";
    } catch (StatusRuntimeException error) {
      return error.getStatus().getCode() + " " + error.getStatus().getDescription();
    }
  }
}
