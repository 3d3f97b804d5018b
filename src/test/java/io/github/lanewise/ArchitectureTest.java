package io.github.lanewise;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The rooms of the house and the arrows between them: nothing points up. */
class ArchitectureTest {
  private static final String BASE = "io.github.lanewise.";

  /** What each room may use beside itself. */
  private static final Map<String, Set<String>> ARROWS =
      Map.ofEntries(
          Map.entry("simd", Set.of()),
          Map.entry("memory", Set.of()),
          Map.entry("text", Set.of("format", "fetch")),
          Map.entry("parallel", Set.of("memory")),
          Map.entry("format", Set.of("memory")),
          Map.entry("fetch", Set.of("format")),
          Map.entry("tuning", Set.of("simd", "format")),
          Map.entry("kernel.activation", Set.of("simd", "memory")),
          Map.entry("kernel.gemm", Set.of("simd", "memory")),
          Map.entry("kernel.norm", Set.of("simd", "memory")),
          Map.entry("kernel.pooling", Set.of("simd", "memory")),
          Map.entry("kernel.rope", Set.of("simd", "memory")),
          Map.entry("kernel.softmax", Set.of("simd", "memory")),
          Map.entry("kernel.attention", Set.of("simd", "memory", "kernel.softmax", "kernel.gemm")),
          Map.entry("op", Set.of("kernel.*", "simd", "tuning", "parallel", "memory")),
          Map.entry("model", Set.of("op", "fetch", "format", "parallel", "text", "memory")),
          Map.entry("model.protein", Set.of("model", "op", "format", "parallel", "memory")),
          Map.entry("model.recurrent", Set.of("model", "op", "format", "parallel", "memory")),
          Map.entry("model.seq2seq", Set.of("model", "op", "format", "memory")),
          Map.entry("model.vision", Set.of("model", "op", "format", "parallel", "memory")),
          Map.entry("inspect", Set.of("model", "text", "format")),
          Map.entry("bench", Set.of("fetch", "format", "model", "model.*", "op", "memory")),
          Map.entry("tune", Set.of("op", "tuning", "memory")),
          Map.entry(
              "cli",
              Set.of(
                  "bench", "fetch", "inspect", "model", "model.*", "op", "tune", "tuning", "memory",
                  "format", "text")));

  private static final JavaClasses HOUSE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.github.lanewise");

  @Test
  void arrowsPointDown() {
    Set<String> wrong = new TreeSet<>();
    for (JavaClass user : HOUSE) {
      for (var dependency : user.getDirectDependenciesFromSelf()) {
        JavaClass used = dependency.getTargetClass().getBaseComponentType();
        if (used.getPackageName().startsWith(BASE) && !mayUse(room(user), room(used))) {
          wrong.add(room(user) + " -> " + room(used) + ": " + dependency.getDescription());
        }
      }
    }
    assertEquals(Set.of(), wrong);
  }

  @Test
  void everyRoomIsOnThePlan() {
    Set<String> rooms = new TreeSet<>();
    HOUSE.forEach(type -> rooms.add(room(type)));
    rooms.removeAll(ARROWS.keySet());
    assertEquals(Set.of(), rooms);
  }

  @Test
  void noCycles() {
    slices().matching(BASE + "(**)").should().beFreeOfCycles().check(HOUSE);
  }

  @Test
  void vectorsStayInTheKernels() {
    holdsOnlyIn("jdk.incubator.vector..", "simd", "kernel..");
  }

  @Test
  void jsonStaysWhereFilesAreRead() {
    holdsOnlyIn("tools.jackson..", "tuning", "model", "format");
    holdsOnlyIn("com.fasterxml.jackson..", "tuning", "model", "format");
  }

  @Test
  void consoleLibrariesStayInTheCommandLine() {
    holdsOnlyIn("picocli..", "cli");
    holdsOnlyIn("me.tongfei..", "cli");
    holdsOnlyIn("org.HdrHistogram..", "cli");
  }

  @Test
  void tokenizersStayWithText() {
    holdsOnlyIn("ai.djl..", "text");
  }

  @Test
  void everyRoomSaysWhatBelongsThere() {
    Set<String> bare = new TreeSet<>();
    for (JavaClass type : HOUSE) {
      JavaPackage room = type.getPackage();
      if (!room.isAnnotatedWith(NullMarked.class)) {
        bare.add(room.getName());
      }
    }
    assertEquals(Set.of(), bare, "packages without a @NullMarked package-info");
  }

  @Test
  void theHouseIsNotEmpty() {
    assertTrue(HOUSE.size() > 20, () -> "only " + HOUSE.size() + " classes found");
  }

  private static void holdsOnlyIn(String library, String... rooms) {
    String[] allowed = new String[rooms.length];
    for (int i = 0; i < rooms.length; i++) {
      allowed[i] = BASE + rooms[i];
    }
    noClasses()
        .that()
        .resideOutsideOfPackages(allowed)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(HOUSE);
  }

  private static boolean mayUse(String user, String used) {
    Set<String> arrows = ARROWS.getOrDefault(user, Set.of());
    return user.equals(used)
        || arrows.contains(used)
        || (used.startsWith("kernel.") && arrows.contains("kernel.*"))
        || (used.startsWith("model.") && arrows.contains("model.*"));
  }

  private static String room(JavaClass type) {
    String name = type.getPackageName();
    return name.startsWith(BASE) ? name.substring(BASE.length()) : name;
  }
}
