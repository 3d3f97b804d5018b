#!/bin/sh
# Tests the launcher on a stand-in project: its JDKs and its Maven are small scripts that note how
# they were called. Prints "N passed, N failed" last; exit code 1 when one failed.

set -u
launcher=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)/lanewise
folder=$(mktemp -d) || exit 1
folder=$(CDPATH='' cd -- "$folder" && pwd -P)
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0

check() { # NAME CONDITION...
  name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$name"
    sed 's/^/    /' "$folder/out" "$folder/err" 2>/dev/null
  fi
}

says() { grep -q -e "$1" "$folder/$2"; }
silent() { [ ! -s "$folder/$1" ]; }
ends() { [ "$code" -eq "$1" ]; }
builds() { [ "$(cat "$folder/builds" 2>/dev/null | wc -l)" -eq "$1" ]; }

# A JDK folder whose java prints its own folder and its arguments.
jdk() { # FOLDER VERSION
  mkdir -p "$1/bin"
  printf 'JAVA_VERSION="%s"\nJAVA_RUNTIME_VERSION="%s+9-LTS"\n' "$2" "$2" >"$1/release"
  cat >"$1/bin/java" <<'JAVA'
#!/bin/sh
echo "java $(dirname "$(dirname "$0")")"
for argument; do echo "[$argument]"; done
exit "${JAVA_EXIT:-0}"
JAVA
  chmod +x "$1/bin/java"
}

# A project in a path with a space, and a Maven that "builds" it.
setup() {
  rm -rf "$folder/it" "$folder/builds"
  project="$folder/it/a project"
  system="$folder/it/system"
  tools="$folder/it/tools"
  mkdir -p "$project/src/main" "$project/src/build" "$project/config" "$system" "$tools" "$folder/it/home"
  cp "$launcher" "$project/lanewise"
  touch "$project/pom.xml" "$project/src/main/A.java"
  directives="$project/src/main/resources/io/github/lanewise/simd/directives.json"
  mkdir -p "$(dirname "$directives")"
  touch "$directives"
  cat >"$tools/mvn" <<'MVN'
#!/bin/sh
echo "$*" >>"$BUILDS"
for argument; do
  case $argument in -Dlanewise.build=*) target=${argument#*=} ;; esac
done
sleep "${MVN_SLEEP:-0}"
[ -n "${MVN_FAILS:-}" ] && { echo "[ERROR] no such symbol"; exit 1; }
mkdir -p "$target/lib"
echo jar >"$target/lanewise.jar"
MVN
  chmod +x "$tools/mvn"
  for tool in sh env dirname ls sed find head tail mkdir mktemp rm mv cp cat touch sleep grep kill; do
    path=$(command -v "$tool")
    case $path in /*) ln -s "$path" "$tools/$tool" ;; esac
  done
}

launch() { # FOLDER COMMAND...: with nothing of this machine's environment
  where=$1
  shift
  (cd "$where" && env -i PATH="$tools" HOME="$folder/it/home" LANEWISE_SYSTEM_ROOT="$system" \
    BUILDS="$folder/builds" "$@") >"$folder/out" 2>"$folder/err"
  code=$?
}

# --- which JDK -------------------------------------------------------------------------------
setup
launch / "$project/lanewise" run
check "no JDK: exit code" ends 2
check "no JDK: says what to install" says 'needs a JDK 25 or later' err
check "no JDK: nothing built" builds 0

jdk "$system/usr/lib/jvm/old" 17.0.15
launch / "$project/lanewise" run
check "only an old JDK: exit code" ends 2

jdk "$system/usr/lib/jvm/temurin-25" 25.0.1
launch / "$project/lanewise" run "a b" '*'
check "usual folder" says "java $system/usr/lib/jvm/temurin-25" out
check "exit code of a good run" ends 0
check "arguments arrive whole: spaces" says '^\[a b\]$' out
check "arguments arrive whole: stars" says '^\[\*\]$' out
check "module" says '^\[jdk.incubator.vector\]$' out
check "native access" says '^\[--enable-native-access=ALL-UNNAMED\]$' out
check "home" says "^\\[-Dlanewise.home=$project\\]\$" out
check "classes to be kept beside the build" says "^\\[-Dlanewise.classArchive=$project/target/launcher/run-25.0.1+9-LTS.jsa\\]\$" out
check "one line on the build" test "$(wc -l <"$folder/err")" -eq 1
for arguments in 'run --help' 'bench gemm --compare --help' '--version' ''; do
  # shellcheck disable=SC2086
  launch / "$project/lanewise" $arguments
  check "no classes of '$arguments'" test "$(grep -c jsa "$folder/out")" -eq 0
done
touch "$project/target/launcher/run-25.0.1+9-LTS.jsa"
launch / "$project/lanewise" run
check "kept classes" says "^\\[-XX:SharedArchiveFile=$project/target/launcher/run-25.0.1+9-LTS.jsa\\]\$" out
launch / "$project/lanewise" embed
check "each command has its own" says "^\\[-Dlanewise.classArchive=$project/target/launcher/embed-25.0.1+9-LTS.jsa\\]\$" out
launch / LANEWISE_JAVA_OPTS=-XX:AOTCache=x "$project/lanewise" run
check "no archive beside another" test "$(grep -c jsa "$folder/out")" -eq 0
launch / "$project/lanewise" run
check "directives" says "^\\[-XX:CompilerDirectivesFile=$directives\\]\$" out
check "directives are known" says '^\[-Dlanewise.jit.directives=given\]$' out
check "directives without a word" says '^\[-XX:-DisplayVMOutput\]$' out
for options in LANEWISE_JAVA_OPTS=-XX:+PrintCompilation LANEWISE_JAVA_OPTS=-Dlanewise.jit.directives=false \
  JDK_JAVA_OPTIONS=-XX:+PrintCompilation; do
  launch / "$options" "$project/lanewise" run
  check "started beside $options" says '^\[io.github.lanewise.cli.Main\]$' out
  check "no directives beside $options" test "$(grep -c -e DirectivesFile -e given "$folder/out")" -eq 0
done

jdk "$folder/it/java home" 26-ea
launch / JAVA_HOME="$folder/it/java home" "$project/lanewise"
check "JAVA_HOME before the usual folders" says "java $folder/it/java home" out
launch / JAVA_HOME="$system/usr/lib/jvm/old" "$project/lanewise"
check "an old JAVA_HOME is passed over" says "temurin-25" out

jdk "$folder/it/on-path" 25
ln -s "$folder/it/on-path/bin/java" "$tools/java"
launch / "$project/lanewise"
check "a linked java in PATH" says "java $folder/it/on-path" out
jdk "$folder/it/chosen" 27
launch / LANEWISE_JAVA="$folder/it/chosen" JAVA_HOME="$folder/it/java home" "$project/lanewise"
check "LANEWISE_JAVA, a folder, before all" says "java $folder/it/chosen" out
launch / LANEWISE_JAVA="$folder/it/chosen/bin/java" "$project/lanewise"
check "LANEWISE_JAVA, a program" says "java $folder/it/chosen" out
launch / LANEWISE_JAVA="$system/usr/lib/jvm/old" "$project/lanewise"
check "a wrong LANEWISE_JAVA is an error" ends 2
check "a wrong LANEWISE_JAVA is named" says 'LANEWISE_JAVA=' err
rm "$tools/java"
rm -rf "$system/usr"
jdk "$folder/it/home/.sdkman/candidates/java/25-tem" 25
launch / "$project/lanewise"
check "SDKMAN" says "sdkman/candidates/java/25-tem" out
launch / LANEWISE_JAVA_OPTS="-Xmx1g -ea" "$project/lanewise"
check "LANEWISE_JAVA_OPTS" says '^\[-ea\]$' out
launch / JAVA_EXIT=3 "$project/lanewise"
check "exit code passes through" ends 3

# --- from where ------------------------------------------------------------------------------
launch "$project" ./lanewise
check "from its own folder" ends 0
ln -s "a project/lanewise" "$folder/it/relative link"
ln -s "$folder/it/relative link" "$folder/it/link to link"
launch / "$folder/it/link to link" run
check "through links" says "^\\[-Dlanewise.home=$project\\]\$" out

# --- with what on the class path -------------------------------------------------------------
mkdir -p "$project/jmh/target"
touch "$project/jmh/target/benchmarks.jar"
built=$project/target/launcher
launch / LANEWISE_CLASSPATH=/its/peer.jar "$project/lanewise" bench gemm
check "its own jars only" says "^\\[$built/lanewise.jar:$built/lib/\\*\\]\$" out
launch / LANEWISE_CLASSPATH=/its/peer.jar "$project/lanewise" bench gemm --compare
check "peers with --compare, after its own jars" \
  says "lib/\\*:/its/peer.jar:$project/jmh/target/benchmarks.jar\\]\$" out
rm -r "$project/jmh"
launch / "$project/lanewise" bench gemm --compare
check "no peers to be found" says "^\\[$built/lanewise.jar:$built/lib/\\*\\]\$" out

# --- when to build ---------------------------------------------------------------------------
check "built once so far" builds 1
check "a fresh build is silent" silent err
for changed in pom.xml src/main/A.java src/build/G.java config/avx2.json; do
  before=$(wc -l <"$folder/builds")
  touch -t 203701010000 "$project/$changed"
  launch / "$project/lanewise"
  touch -t 200001010000 "$project/$changed"
  check "rebuilds for $changed" builds $((before + 1))
  launch / "$project/lanewise" # the folder of a new file is newer, too
done
before=$(wc -l <"$folder/builds")
rm -rf "$project/target/launcher/lib"
launch / "$project/lanewise"
check "rebuilds without its libraries" builds $((before + 1))

touch -t 203701010000 "$project/pom.xml"
launch / MVN_FAILS=1 "$project/lanewise"
check "a failed build: exit code" ends 1
check "a failed build: shows why" says 'no such symbol' err
check "a failed build leaves the last one" test -f "$project/target/launcher/lanewise.jar"
check "a failed build leaves no lock" test ! -e "$project/target/launcher.lock"
rm "$tools/mvn"
launch / "$project/lanewise"
check "no Maven: exit code" ends 1
check "no Maven: says so" says 'needs Maven' err

# --- two at once -----------------------------------------------------------------------------
setup
jdk "$system/opt/jdk-25" 25
for i in 1 2 3; do
  (cd / && env -i PATH="$tools" HOME=/nowhere LANEWISE_SYSTEM_ROOT="$system" MVN_SLEEP=2 \
    BUILDS="$folder/builds" "$project/lanewise" >"$folder/out$i" 2>/dev/null) &
done
wait
check "three at once build once" builds 1
for i in 1 2 3; do
  check "launch $i of three runs" grep -q 'cli.Main' "$folder/out$i"
done
touch -t 203701010000 "$project/pom.xml"
mkdir "$project/target/launcher.lock"
sh -c 'echo $$' >"$project/target/launcher.lock/pid" # gone by now
launch / "$project/lanewise"
check "a dead holder's lock is taken over" builds 2

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
