package io.github.lanewise.bench;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/** Finds the peers on the class path. */
public final class Peers {
  private Peers() {}

  /** All peers that load; {@code problems} hears of those that do not. */
  public static List<Peer> find(Consumer<String> problems) {
    List<Peer> peers = new ArrayList<>();
    Iterator<Peer> found = ServiceLoader.load(Peer.class).iterator();
    while (true) {
      try {
        if (!found.hasNext()) {
          return peers;
        }
        peers.add(found.next());
      } catch (ServiceConfigurationError | LinkageError broken) {
        problems.accept("a peer was left out: " + broken);
      }
    }
  }
}
