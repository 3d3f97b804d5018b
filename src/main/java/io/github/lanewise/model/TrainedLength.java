package io.github.lanewise.model;

import io.github.lanewise.op.Attention;

/**
 * The number of positions that a model was trained for, and what happens past it: an error, or a
 * warning to the log, as the config says.
 */
final class TrainedLength {
  private static final System.Logger LOG = System.getLogger(TrainedLength.class.getName());

  private TrainedLength() {}

  /** Most positions of a sequence. */
  static int mostPositions(ModelConfig config) {
    return config.pastContext() == ModelConfig.PastContext.WARN
        ? Attention.MAX_KEYS
        : config.contextWindow();
  }

  /** What the most positions are, for messages. */
  static String limit(ModelConfig config) {
    boolean warns = config.pastContext() == ModelConfig.PastContext.WARN;
    return (warns ? "the most that attention takes = " : "contextWindow = ")
        + mostPositions(config);
  }

  /** Says that a sequence is to be longer than what the model was trained for, if it is. */
  static void warn(ModelConfig config, int positions) {
    if (positions > config.contextWindow()) {
      LOG.log(
          System.Logger.Level.WARNING,
          () ->
              "%s was trained for %d positions: what it makes of %d is not to be relied on"
                  .formatted(config.name(), config.contextWindow(), positions));
    }
  }
}
