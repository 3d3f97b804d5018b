package io.github.lanewise.tuning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.github.lanewise.tuning.BrokenTunings.Broken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The schema and the loader agree. */
class TuningSchemaTest {
  private static final String TEXT = text();
  private static final Schema SCHEMA =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(TEXT, InputFormat.JSON);

  private static String text() {
    try {
      return Files.readString(Path.of("config", "schema.json"));
    } catch (IOException failed) {
      throw new ExceptionInInitializerError(failed);
    }
  }

  static List<Broken> broken() {
    return BrokenTunings.refusedBySchema();
  }

  @Test
  void acceptsWhatTheLoaderAccepts() throws IOException {
    assertEquals(List.of(), SCHEMA.validate(BrokenTunings.GOOD, InputFormat.JSON));
    assertEquals(List.of(), SCHEMA.validate(Tuning.defaults().toJson(), InputFormat.JSON));
    for (String name : TuningLookup.SHIPPED) {
      String file = Files.readString(Path.of("config", name));
      assertEquals(List.of(), SCHEMA.validate(file, InputFormat.JSON), name);
    }
  }

  @ParameterizedTest
  @MethodSource("broken")
  void refusesWhatTheLoaderRefuses(Broken broken) {
    assertTrue(!SCHEMA.validate(broken.json(), InputFormat.JSON).isEmpty(), broken.json());
  }

  @Test
  void isItselfAValidSchema() {
    Schema meta =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));
    assertEquals(List.of(), meta.validate(TEXT, InputFormat.JSON));
  }
}
