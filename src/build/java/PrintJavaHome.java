/** Prints the folder of the JDK that Maven's toolchains chose. */
final class PrintJavaHome {
  private PrintJavaHome() {}

  public static void main(String[] arguments) {
    System.out.println("JAVA_HOME=" + System.getProperty("java.home"));
  }
}
