package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.format;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Cosines between vectors of unit length, as a matrix to look at. */
final class Similarities {
  /** From unrelated to the same. */
  private static final String SHADES = "·░▒▓█";

  private static final double DARKEST = 0.8;
  private static final int CLOSEST = 2;

  private final List<String> texts;
  private final float[][] vectors;

  Similarities(List<String> texts, float[][] vectors) {
    this.texts = texts;
    this.vectors = vectors;
  }

  /** Two texts by their numbers, from 0, and their similarity. */
  record Pair(int first, int second, double similarity) {}

  double similarity(int i, int j) {
    double sum = 0;
    for (int c = 0; c < vectors[i].length; c++) {
      sum += (double) vectors[i][c] * vectors[j][c];
    }
    return sum;
  }

  /** Every pair, the most similar first. */
  List<Pair> pairs() {
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      for (int j = i + 1; j < texts.size(); j++) {
        pairs.add(new Pair(i, j, similarity(i, j)));
      }
    }
    pairs.sort(Comparator.comparingDouble(Pair::similarity).reversed());
    return pairs;
  }

  /** All rows, for programs. */
  List<List<Double>> rows() {
    List<List<Double>> rows = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      List<Double> row = new ArrayList<>();
      for (int j = 0; j < texts.size(); j++) {
        row.add(Figures.rounded(similarity(i, j)));
      }
      rows.add(row);
    }
    return rows;
  }

  void print(PrintWriter out) {
    StringBuilder head = new StringBuilder("     ");
    for (int j = 0; j < texts.size(); j++) {
      head.append(format("%5d   ", j + 1));
    }
    out.println(head.toString().stripTrailing());
    for (int i = 0; i < texts.size(); i++) {
      StringBuilder row = new StringBuilder(format("%3d  ", i + 1));
      for (int j = 0; j < texts.size(); j++) {
        double similarity = similarity(i, j);
        row.append(format("%5.2f %c ", similarity, shade(similarity)));
      }
      out.println(row.append("  ").append(Texts.shortened(texts.get(i), 64)));
    }
    out.println();
    for (Pair pair : pairs().subList(0, Math.min(CLOSEST, pairs().size()))) {
      out.println(
          format(
              "closest: %d and %d, %.3f", pair.first() + 1, pair.second() + 1, pair.similarity()));
    }
  }

  private static char shade(double similarity) {
    int last = SHADES.length() - 1;
    return SHADES.charAt(Math.clamp((long) (similarity / DARKEST * last), 0, last));
  }
}
