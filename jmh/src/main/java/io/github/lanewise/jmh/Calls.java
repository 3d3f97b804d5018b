package io.github.lanewise.jmh;

import io.github.lanewise.bench.Peer;
import io.github.lanewise.bench.Peers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A contender's prepared calls, one a copy of the data, made in turn. */
@State(Scope.Benchmark)
public class Calls {
  private final List<Peer.Task> tasks = new ArrayList<>();
  private Runnable[] calls = {};
  private int next;

  /** Prepares our calls. */
  void prepare(int copies, IntFunction<Runnable> call) {
    calls = new Runnable[copies];
    for (int i = 0; i < copies; i++) {
      calls[i] = call.apply(i);
    }
  }

  /**
   * Prepares a peer's calls.
   *
   * @throws UnsupportedOperationException if the peer has no such operation
   */
  void prepare(String name, int copies, PeerCall call) {
    Peer peer = peer(name);
    prepare(
        copies,
        i -> {
          Peer.Task task =
              call.of(peer, i)
                  .orElseThrow(
                      () -> new UnsupportedOperationException(name + " has no such operation"));
          tasks.add(task);
          return task::run;
        });
  }

  /** Makes one of the calls. */
  void run() {
    calls[next].run();
    next = next + 1 == calls.length ? 0 : next + 1;
  }

  @TearDown(Level.Trial)
  public void free() {
    tasks.forEach(Peer.Task::close);
  }

  private static Peer peer(String name) {
    return Peers.find(System.err::println).stream()
        .filter(peer -> peer.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(name + " is not on the class path"));
  }

  /** A peer's call on copy {@code i} of the data. */
  interface PeerCall {
    Optional<Peer.Task> of(Peer peer, int i);
  }
}
