/** CPU kernels for transformer attention in pure Java. */
@SuppressWarnings("requires-automatic") // the histogram has no module name of its own
module io.github.lanewise {
  requires jdk.incubator.vector;
  requires static transitive org.jspecify;
  requires java.management;
  requires jdk.management;
  requires tools.jackson.databind;
  // For text only.
  requires static ai.djl.tokenizers;
  // For pictures of attention, and for images that a vision model looks at.
  requires static java.desktop;
  // For ONNX files only.
  requires static com.google.protobuf;
  // For the command line only.
  requires static info.picocli;
  requires static java.xml;
  requires static me.tongfei.progressbar;
  requires static HdrHistogram;

  uses io.github.lanewise.bench.Peer;

  exports io.github.lanewise.bench;
  exports io.github.lanewise.fetch;
  exports io.github.lanewise.inspect;
  exports io.github.lanewise.memory;
  exports io.github.lanewise.model;
  exports io.github.lanewise.model.protein;
  exports io.github.lanewise.model.recurrent;
  exports io.github.lanewise.model.seq2seq;
  exports io.github.lanewise.model.vision;
  exports io.github.lanewise.op;
  exports io.github.lanewise.text;
  exports io.github.lanewise.tuning;

  opens io.github.lanewise.cli to
      info.picocli;
}
