package io.github.lanewise.parallel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.github.lanewise.memory.Scratch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerTeamTest {
  private static final class Counting extends Job {
    private final AtomicIntegerArray runs;

    Counting(int tasks) {
      runs = new AtomicIntegerArray(tasks);
    }

    @Override
    protected void task(int index, Scratch scratch) {
      runs.incrementAndGet(index);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void everyTaskRunsOnce(int threads) {
    try (WorkerTeam team = new WorkerTeam(threads)) {
      for (int tasks : new int[] {0, 1, 2, 7, 1000}) {
        Counting job = new Counting(tasks);
        for (int repeat = 1; repeat <= 20; repeat++) {
          team.run(job, tasks);
          for (int i = 0; i < tasks; i++) {
            assertEquals(repeat, job.runs.get(i));
          }
        }
      }
    }
  }

  @Test
  void manyCallersShareTheTeam() throws Exception {
    try (WorkerTeam team = new WorkerTeam(3);
        ExecutorService callers = Executors.newFixedThreadPool(24)) {
      List<Future<?>> calls = new ArrayList<>();
      for (int caller = 0; caller < 24; caller++) {
        calls.add(
            callers.submit(
                () -> {
                  Counting job = new Counting(5);
                  for (int repeat = 1; repeat <= 500; repeat++) {
                    team.run(job, 5);
                    for (int i = 0; i < 5; i++) {
                      assertEquals(repeat, job.runs.get(i));
                    }
                  }
                }));
      }
      for (Future<?> call : calls) {
        call.get();
      }
    }
  }

  @Test
  void aFailureReachesTheCallerAndTheTeamLivesOn() {
    try (WorkerTeam team = new WorkerTeam(2)) {
      IllegalArgumentException failure = new IllegalArgumentException("task 3");
      Job failing =
          new Job() {
            @Override
            protected void task(int index, Scratch scratch) {
              if (index == 3) {
                throw failure;
              }
            }
          };
      assertSame(
          failure, assertThrows(IllegalArgumentException.class, () -> team.run(failing, 10)));
      Counting job = new Counting(10);
      team.run(job, 10);
      assertEquals(1, job.runs.get(9));
    }
  }

  @Test
  void aTaskMayCallTheTeam() {
    try (WorkerTeam team = new WorkerTeam(2)) {
      Job outer =
          new Job() {
            @Override
            protected void task(int index, Scratch scratch) {
              for (int repeat = 0; repeat < 50; repeat++) {
                Counting inner = new Counting(3);
                team.run(inner, 3);
                assertEquals(1, inner.runs.get(2));
              }
            }
          };
      assertTimeoutPreemptively(Duration.ofSeconds(30), () -> team.run(outer, 5));
    }
  }

  @Test
  void closingWaitsForCallsAndThenRefuses() {
    WorkerTeam team = new WorkerTeam(2);
    Counting job = new Counting(3);
    team.run(job, 3);
    assertTimeoutPreemptively(Duration.ofSeconds(20), team::close);
    team.close();
    assertThrows(IllegalStateException.class, () -> team.run(job, 3));
    assertEquals(1, job.runs.get(0));
  }

  @Test
  void noThreadsIsAnError() {
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> new WorkerTeam(0));
    assertEquals("threads is 0, must be at least 1", error.getMessage());
  }
}
