package io.github.lanewise.model;

import java.util.ArrayDeque;

/** Idle workspaces: as many exist as forward passes have run at once. */
final class Workspaces {
  private final ModelConfig config;
  private final int maxTokens;
  private final ArrayDeque<Workspace> idle = new ArrayDeque<>();

  Workspaces(ModelConfig config, int maxTokens) {
    this.config = config;
    this.maxTokens = maxTokens;
    idle.push(new Workspace(config, maxTokens));
  }

  Workspace take() {
    synchronized (idle) {
      if (!idle.isEmpty()) {
        return idle.pop();
      }
    }
    return new Workspace(config, maxTokens);
  }

  void give(Workspace workspace) {
    synchronized (idle) {
      idle.push(workspace);
    }
  }
}
