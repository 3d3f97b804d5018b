package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.github.lanewise.model.BrokenConfigs.Broken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The schema and the loader agree. */
class SchemaTest {
  private static final Schema SCHEMA = schema();

  private static Schema schema() {
    try {
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(Files.readString(Models.FOLDER.resolve("schema.json")), InputFormat.JSON);
    } catch (IOException failed) {
      throw new ExceptionInInitializerError(failed);
    }
  }

  static List<Path> models() {
    return Models.files();
  }

  static List<Path> allModels() {
    return Models.all();
  }

  static List<Broken> broken() {
    return Stream.of(BrokenConfigs.refusedBySchema(), BrokenAttentionConfigs.refusedBySchema())
        .flatMap(List::stream)
        .toList();
  }

  static List<Broken> brokenOthers() {
    return BrokenKinds.refusedBySchema();
  }

  @ParameterizedTest
  @MethodSource("models")
  void acceptsWhatTheLoaderAccepts(Path file) throws IOException {
    assertEquals(List.of(), SCHEMA.validate(Files.readString(file), InputFormat.JSON));
    ModelConfig config = ModelConfig.load(file);
    assertEquals(config.name() + ".json", file.getFileName().toString());
    assertNotNull(config.origin().source());
  }

  @ParameterizedTest
  @MethodSource("broken")
  void refusesWhatTheLoaderRefuses(Broken broken) {
    assertTrue(!SCHEMA.validate(broken.json(), InputFormat.JSON).isEmpty(), broken.json());
  }

  @ParameterizedTest
  @MethodSource("allModels")
  void acceptsEveryKind(Path file) throws IOException {
    assertEquals(List.of(), SCHEMA.validate(Files.readString(file), InputFormat.JSON));
  }

  @ParameterizedTest
  @MethodSource("brokenOthers")
  void refusesBrokenConfigsOfEveryKind(Broken broken) {
    assertTrue(!SCHEMA.validate(broken.json(), InputFormat.JSON).isEmpty(), broken.json());
  }

  @Test
  void isItselfAValidSchema() throws IOException {
    Schema meta =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(
                com.networknt.schema.SchemaLocation.of(
                    "https://json-schema.org/draft/2020-12/schema"));
    String schema = Files.readString(Models.FOLDER.resolve("schema.json"));
    assertEquals(List.of(), meta.validate(schema, InputFormat.JSON));
  }
}
