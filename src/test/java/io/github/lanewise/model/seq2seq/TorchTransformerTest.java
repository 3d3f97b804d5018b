package io.github.lanewise.model.seq2seq;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.Progress;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.testing.TorchFixture;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** The layers of torch.nn.Transformer: normalised after, ReLU, biases everywhere. */
class TorchTransformerTest {
  private final TorchFixture torch =
      TorchFixture.of(TorchTransformerTest.class, "torch-transformer.json");
  private final int width = torch.size("width");

  @Test
  void agrees() {
    Seq2SeqConfig config = config();
    try (Lanewise runtime = Lanewise.create(2);
        Seq2SeqWeights weights = Seq2SeqWeights.random(runtime, config, 1, Progress.NONE)) {
      torch.linear("table", weights.decoder().linear("tokens"));
      layer(weights.encoder(), "encoder.layers.0.", "layers.0.");
      for (int i = 0; i < config.decoder().layers(); i++) {
        layer(weights.decoder(), "decoder.layers." + i + ".", "layers." + i + ".");
        cross(weights.decoder(), "decoder.layers." + i + ".", "layers." + i + ".");
      }
      int[] source = tokens("source");
      int[] target = tokens("target");
      Seq2Seq model = Seq2Seq.prepare(runtime, weights, source.length, target.length);
      PartTimes times = new PartTimes();
      Matrix logits = Matrix.allocate(Arena.ofAuto(), target.length, config.decoder().vocabulary());
      try (Seq2SeqState state = model.newState(source.length, target.length)) {
        model.encode(source, state, times);
        torch.assertAgrees("states", state.hidden(), 1e-5);
        model.forwardAll(target, state, logits, times);
        torch.assertAgrees("logits", logits, 1e-5);
        state.truncate(0);
        for (int i = 0; i < target.length; i++) {
          model.forward(new int[] {target[i]}, state, logits.rowRange(i, 1), times);
        }
        torch.assertAgrees("logits", logits, 1e-5);
      }
    }
  }

  private Seq2SeqConfig config() {
    return Seq2SeqModels.parse(
        "torch",
        """
        {"name": "torch", "kind": "encoder-decoder", "heads": %d, "dModel": %d, "feedForward": %d,
         "vocabulary": %d,
         "encoder": {"layers": 1, "contextWindow": 32, "position": {"type": "none"}},
         "decoder": {"layers": 2, "contextWindow": 32, "position": {"type": "none"}},
         "norm": {"type": "layer", "placement": "post", "epsilon": 1e-5}, "activation": "relu",
         "bias": {"qkv": true, "output": true, "feedForward": true}, "tiedEmbeddings": true,
         "startToken": 0, "endToken": 1}
        """
            .formatted(
                torch.size("heads"), width, torch.size("feedForward"), torch.size("vocabulary")));
  }

  private int[] tokens(String key) {
    Matrix list = torch.tensor(key, 1);
    int[] tokens = new int[list.rows()];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = (int) list.get(i, 0);
    }
    return tokens;
  }

  private void layer(Weights weights, String theirs, String ours) {
    boolean decodes = theirs.startsWith("decoder");
    torch.linear(theirs + "self_attn.in_proj_weight", weights.linear(ours + "qkv.weight"));
    torch.vector(theirs + "self_attn.in_proj_bias", weights.matrix(ours + "qkv.bias"));
    linear(theirs + "self_attn.out_proj", weights, ours + "output");
    linear(theirs + "linear1", weights, ours + "up");
    linear(theirs + "linear2", weights, ours + "down");
    norm(theirs + "norm1", weights, ours + "attentionNorm");
    norm(theirs + (decodes ? "norm3" : "norm2"), weights, ours + "feedForwardNorm");
  }

  private void cross(Weights weights, String theirs, String ours) {
    Matrix in = torch.tensor(theirs + "multihead_attn.in_proj_weight", width);
    weights.linear(ours + "crossQuery.weight").setRows(0, in.rowRange(0, width));
    weights.linear(ours + "crossKeyValue.weight").setRows(0, in.rowRange(width, 2 * width));
    Matrix bias = torch.tensor(theirs + "multihead_attn.in_proj_bias", 3 * width);
    weights.matrix(ours + "crossQuery.bias").copyFrom(bias.columnRange(0, width).toArray());
    weights
        .matrix(ours + "crossKeyValue.bias")
        .copyFrom(bias.columnRange(width, 2 * width).toArray());
    linear(theirs + "multihead_attn.out_proj", weights, ours + "crossOutput");
    norm(theirs + "norm2", weights, ours + "crossNorm");
  }

  private void linear(String theirs, Weights weights, String ours) {
    torch.linear(theirs + ".weight", weights.linear(ours + ".weight"));
    torch.vector(theirs + ".bias", weights.matrix(ours + ".bias"));
  }

  private void norm(String theirs, Weights weights, String ours) {
    torch.vector(theirs + ".weight", weights.matrix(ours + ".gain"));
    torch.vector(theirs + ".bias", weights.matrix(ours + ".shift"));
  }
}
