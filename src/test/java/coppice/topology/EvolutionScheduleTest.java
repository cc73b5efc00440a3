package coppice.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import coppice.topology.EvolutionSchedule.Action;
import coppice.topology.EvolutionSchedule.AtEnd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What happens after each epoch. */
class EvolutionScheduleTest {
    @ParameterizedTest
    @CsvSource({
        "0, PRUNE, 1, 3, NONE",
        "0, PRUNE, 3, 3, NONE",
        "0, EVOLVE, 3, 3, NONE",
        "1, PRUNE, 1, 3, EVOLVE",
        "1, PRUNE, 2, 3, EVOLVE",
        "1, PRUNE, 3, 3, PRUNE",
        "1, NONE, 2, 3, EVOLVE",
        "1, NONE, 3, 3, NONE",
        "1, EVOLVE, 3, 3, EVOLVE",
        "1, PRUNE, 1, 1, PRUNE",
        "2, PRUNE, 1, 5, NONE",
        "2, PRUNE, 2, 5, EVOLVE",
        "2, PRUNE, 3, 5, NONE",
        "2, PRUNE, 4, 5, EVOLVE",
        "2, PRUNE, 5, 5, PRUNE",
        "2, NONE, 5, 5, NONE",
        "2, EVOLVE, 5, 5, EVOLVE",
        "9, PRUNE, 4, 5, NONE",
        "9, PRUNE, 5, 5, PRUNE"
    })
    void table(int every, AtEnd atEnd, int epoch, int epochs, Action action) {
        assertEquals(action, new EvolutionSchedule(every, atEnd).after(epoch, epochs));
    }

    @Test
    void refusesANegativePeriod() {
        assertEquals(
                "evolve-every must be at least 0 but was -1",
                assertThrows(IllegalArgumentException.class, () -> new EvolutionSchedule(-1, AtEnd.PRUNE))
                        .getMessage());
    }
}
