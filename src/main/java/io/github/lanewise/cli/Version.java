package io.github.lanewise.cli;

import java.lang.module.ModuleDescriptor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
final class Version implements IVersionProvider {
  /** Made by picocli. */
  Version() {}

  @Override
  public String[] getVersion() {
    return new String[] {"lanewise " + ofLanewise() + " (JDK " + Runtime.version() + ")"};
  }

  private static String ofLanewise() {
    String ofJar = Version.class.getPackage().getImplementationVersion();
    if (ofJar != null) {
      return ofJar;
    }
    @Nullable ModuleDescriptor module = Version.class.getModule().getDescriptor();
    return module == null ? "(unpackaged)" : module.rawVersion().orElse("(unpackaged)");
  }
}
