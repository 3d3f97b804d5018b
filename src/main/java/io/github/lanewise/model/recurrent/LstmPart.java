package io.github.lanewise.model.recurrent;

import io.github.lanewise.model.PassPart;

/** Parts of an LSTM's forward pass. */
public enum LstmPart implements PassPart {
  /** What the inputs of many steps bring to the gates: one matrix product. */
  INPUT_GATES("input gates"),
  /** What the hidden state before a step brings: a matrix-vector product a step. */
  HIDDEN_GATES("hidden gates"),
  /** The gates' functions, the new cell and the new hidden state. */
  CELL("cell");

  private final String label;

  LstmPart(String label) {
    this.label = label;
  }

  @Override
  public String label() {
    return label;
  }
}
