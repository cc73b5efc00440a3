package coppice.backend;

import org.jspecify.annotations.Nullable;

/**
 * How units with two states are drawn: 1 with probability p, else 0.
 *
 * <p>With t = scale * (z + bias), and where there is a base t = fma(1 - scale, base, that), p is the logistic function
 * of t, or t itself. The state of (unit, column) is 1 if the top 24 bits of a random word over 2^24 are below p. The
 * word is number {@code column % 32 / 16 * 2 + column % 2} of the Philox block whose counter is the four words
 * {@code column / 32 * 8 + column % 16 / 2}, unit, step and purpose word.
 *
 * @param logistic whether p is the logistic function of t
 * @param bias added first, (units, 1); null for none
 * @param base what a scale below 1 moves t towards, (units, 1); null for 0
 * @param scale inverse temperature, in [0, 1]
 * @param seed the run's seed, the Philox key
 * @param purposeWord the fourth counter word: purpose SAMPLE, and which draw of the step it is
 */
public record Bernoulli(
        boolean logistic, @Nullable Tensor bias, @Nullable Tensor base, float scale, long seed, int purposeWord) {}
