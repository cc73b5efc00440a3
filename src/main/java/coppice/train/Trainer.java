package coppice.train;

import coppice.MalformedDataException;
import coppice.backend.Backend;
import coppice.backend.ImageMaps;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Totals;
import coppice.backend.Update;
import coppice.data.Augmentation;
import coppice.data.Dataset;
import coppice.data.ImageShape;
import coppice.model.FirstWeights;
import coppice.model.LayerState;
import coppice.model.Model;
import coppice.model.ModelSpec;
import coppice.model.Phase;
import coppice.model.Shape;
import coppice.parallel.WorkerPool;
import coppice.random.RandomStream;
import coppice.random.Stream;
import coppice.run.Checkpoint;
import coppice.run.Inputs;
import coppice.run.Json;
import coppice.run.MetricsLog;
import coppice.run.RunDirectory;
import coppice.topology.EvolutionSchedule.Action;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Trains a network from its first weights, or from a checkpoint, to the end of the run.
 *
 * <p>Topology evolves between epochs: before an epoch's first step, so that what is evaluated and saved after an epoch
 * is the network that was trained. After the last epoch connections are only cut.
 */
public final class Trainer {
    private final TrainConfig config;
    private final Map<String, String> configuration;
    private final TrainData data;
    private final Backend backend;
    private final WorkerPool pool;
    private final RunDirectory directory;
    private final Progress progress;

    private final TrainState state;
    private final ModelSpec spec;
    private final Model model;
    private final Evaluator evaluator;
    private final Samples train;
    private final @Nullable Samples validation;
    private final @Nullable Samples test;
    private final int batch;
    private final int steps; // an epoch
    private final StepTimer timer = new StepTimer();
    private final long startNanos = System.nanoTime();
    private double trainSeconds; // in whole epochs of this process
    private int epochsHere;
    private double learningRate;
    private @Nullable String sha256;

    /**
     * Prepares a run; goes on from the directory's last checkpoint if there is one.
     *
     * @param configuration the settings to keep in checkpoints
     * @param pool threads for topology; results do not depend on their number
     * @throws IOException if the checkpoint cannot be read
     */
    public Trainer(
            TrainConfig config,
            Map<String, String> configuration,
            TrainData data,
            Backend backend,
            WorkerPool pool,
            RunDirectory directory,
            Progress progress)
            throws IOException {
        this.config = config;
        this.configuration = configuration;
        this.data = data;
        this.backend = backend;
        this.pool = pool;
        this.directory = directory;
        this.progress = progress;
        this.batch = Math.min(config.loop().batchSize(), data.train().rows());
        this.steps = (data.train().rows() + batch - 1) / batch;

        this.spec = config.modelSpec(data.train());
        List<LayerState> layers;
        if (directory.hasCheckpoint()) {
            Checkpoint checkpoint = Checkpoint.read(directory.last());
            layers = checkpoint.layers();
            requireLayers(spec, layers, directory);
            state = trainState(directory, checkpoint);
            requireOptimizerState(layers);
        } else {
            layers = firstLayers();
            state = new TrainState();
            state.connectionsExplored =
                    layers.stream().mapToLong(LayerState::connections).sum();
        }
        int stateBuffers = config.optimizer().kind().stateBuffers();
        this.model = config.model(backend, spec, layers, stateBuffers, batch);
        this.evaluator = new Evaluator(backend, model, batch, data.applied(), data.statistics());
        this.train = evaluator.load(data.train());
        this.validation = load(data.validation());
        this.test = load(data.test());
    }

    private List<LayerState> firstLayers() {
        List<LayerState> layers = FirstWeights.draw(spec, seed(), pool);
        RbmConfig rbm = config.rbm();
        return rbm == null ? layers : List.of(layers.get(0).withVisible(rbm.firstUnits(data)));
    }

    private static void requireLayers(ModelSpec spec, List<LayerState> layers, RunDirectory directory) {
        try {
            spec.require(layers);
        } catch (IllegalArgumentException e) {
            throw MalformedDataException.inFile(directory.last(), String.valueOf(e.getMessage()));
        }
    }

    private static TrainState trainState(RunDirectory directory, Checkpoint checkpoint) {
        try {
            return Json.parse(checkpoint.training(), TrainState.class);
        } catch (IllegalArgumentException e) {
            throw MalformedDataException.inFile(directory.last(), "metadata training: " + e.getMessage());
        }
    }

    private void requireOptimizerState(List<LayerState> layers) {
        int buffers = config.optimizer().kind().stateBuffers();
        if (state.step > 0 && layers.get(0).weightState().size() < buffers) {
            throw MalformedDataException.inFile(
                    directory.last(),
                    "holds no optimizer state, so training cannot go on from it; --from starts anew with its weights");
        }
    }

    private long seed() {
        return config.loop().seed();
    }

    private @Nullable Samples load(@Nullable Dataset part) {
        return part == null ? null : evaluator.load(part);
    }

    /** Where the samples lie, a line each where that does not go without saying. */
    public List<String> placements() {
        Map<String, @Nullable Samples> all = new LinkedHashMap<>();
        all.put("training", train);
        all.put("validation", validation);
        all.put("test", test);
        List<String> lines = new ArrayList<>();
        all.forEach((role, samples) -> {
            if (samples != null && samples.placement() != null) {
                lines.add(role + " samples are " + samples.placement());
            }
        });
        return lines;
    }

    /**
     * Trains until the last epoch, the target accuracy or a request to stop; writes metrics and checkpoints on the way.
     *
     * @param stopRequested asked before each step; once it says true a checkpoint is written and the run ends
     * @throws DivergedException if an epoch's loss is not finite
     */
    public TrainResult run(BooleanSupplier stopRequested) throws IOException {
        try (MetricsLog metrics = MetricsLog.open(directory.metrics(), state.epochsDone)) {
            while (state.epochsDone < config.loop().epochs() && !targetReached()) {
                beginEpoch();
                if (!trainEpoch(stopRequested)) {
                    keepTotals();
                    requireFinite(state.openLoss); // a checkpoint could not hold it
                    save();
                    return result("stopped");
                }
                evolveAtEnd();
                EpochMetrics measured = finishEpoch();
                metrics.append(measured);
                saveIfDue();
                progress.epoch(measured, config.loop().epochs());
            }
        }
        if (sha256 == null) {
            save(); // nothing was left to do
        }
        return result(state.epochsDone < config.loop().epochs() ? "target-reached" : "completed");
    }

    private boolean targetReached() {
        return state.bestScore != null && state.bestScore >= config.loop().targetAccuracy();
    }

    /** Evolves if it is time, once for each epoch, and draws the order of the samples and how images are changed. */
    private void beginEpoch() {
        int epoch = state.epochsDone + 1;
        if (!state.epochOpen) {
            if (config.schedule().after(state.epochsDone, config.loop().epochs()) == Action.EVOLVE
                    && state.epochsDone > 0) {
                evolve(true);
            }
            state.epochOpen = true;
            state.stepInEpoch = 0;
            state.openLoss = 0;
            state.openCorrect = 0;
        }
        int[] order = new RandomStream(seed(), Stream.SHUFFLE, 0, epoch)
                .permutation(data.train().rows());
        backend.order(train, order, imageMaps(epoch));
        backend.setTotals(new Totals(state.openLoss, state.openCorrect, (long) state.stepInEpoch * batch));
    }

    private @Nullable ImageMaps imageMaps(int epoch) {
        Augmentation augmentation = config.augmentation();
        if (augmentation == null) {
            return null;
        }
        ImageShape shape = Augmentation.requireImages(data.train());
        return new ImageMaps(
                shape.channels(),
                shape.height(),
                shape.width(),
                augmentation.fill() == Augmentation.Fill.NEAREST,
                augmentation.maps(shape, data.train().rows(), seed(), epoch));
    }

    /** Makes the epoch's remaining steps; false if it was asked to stop first. */
    private boolean trainEpoch(BooleanSupplier stopRequested) {
        while (state.stepInEpoch < steps) {
            if (stopRequested.getAsBoolean()) {
                return false;
            }
            int start = state.stepInEpoch * batch;
            step(start, new Pass(Math.min(batch, data.train().rows() - start), true, state.step));
            state.step++;
            state.stepInEpoch++;
            progress.step(state.epochsDone + 1, state.stepInEpoch, steps);
        }
        return true;
    }

    private void step(int start, Pass pass) {
        timer.enter(Phase.STEP);
        learningRate =
                config.learningRate().rate(state.step, steps, config.loop().epochs());
        Update update = config.optimizer().update(learningRate, state.step);
        backend.step(new Backend.Step(train, pass, start, update), () -> operations(start, pass, update));
        timer.enter(Phase.OTHER);
    }

    private void operations(int start, Pass pass, Update update) {
        timer.enter(Phase.INPUT);
        evaluator.gather(train, start, pass);
        model.learn(train, start, pass, update, timer::enter);
        timer.enter(Phase.STEP);
    }

    private void evolve(boolean growBack) {
        timer.enter(Phase.EVOLUTION);
        state.evolutions++;
        state.connectionsExplored += model.evolve(config.rules(), growBack, seed(), state.evolutions, pool);
        timer.enter(Phase.OTHER);
    }

    private void evolveAtEnd() {
        keepTotals();
        if (state.epochsDone + 1 == config.loop().epochs()) {
            Action action =
                    config.schedule().after(state.epochsDone + 1, config.loop().epochs());
            if (action != Action.NONE) {
                evolve(action == Action.EVOLVE);
            }
        }
    }

    private void keepTotals() {
        timer.enter(Phase.STEP); // the device may still be at work
        Totals totals = backend.totals();
        timer.enter(Phase.OTHER);
        state.openLoss = totals.loss();
        state.openCorrect = totals.correct();
    }

    private void requireFinite(double loss) {
        if (!Double.isFinite(loss)) {
            throw new DivergedException(
                    "the loss of epoch " + (state.epochsDone + 1) + " is not finite (" + loss
                            + "); try a smaller --learning-rate",
                    result("diverged"));
        }
    }

    private EpochMetrics finishEpoch() {
        Totals trained =
                new Totals(state.openLoss, state.openCorrect, data.train().rows());
        requireFinite(trained.meanLoss());
        state.trainLoss = trained.meanLoss();
        state.trainAccuracy = accuracy(trained);
        state.epochsDone++;
        state.epochOpen = false;
        state.stepInEpoch = 0;
        state.openLoss = 0;
        state.openCorrect = 0;
        Totals validated = evaluateIfDue(validation);
        Totals tested = evaluateIfDue(test);
        if (tested != null) {
            state.testLoss = tested.meanLoss();
            state.testAccuracy = accuracy(tested);
        }
        if (validated != null) {
            state.validationAccuracy = accuracy(validated);
        }
        chooseBest(validated != null ? validated : tested, tested);
        EpochMetrics.Seconds seconds = timer.take();
        trainSeconds += seconds.train();
        epochsHere++;
        return metrics(trained, validated, tested, seconds);
    }

    private @Nullable Totals evaluateIfDue(@Nullable Samples samples) {
        boolean due = state.epochsDone % config.loop().evalEvery() == 0
                || state.epochsDone == config.loop().epochs();
        if (samples == null || !due) {
            return null;
        }
        timer.enter(Phase.EVALUATION);
        Totals totals = evaluator.evaluate(samples);
        timer.enter(Phase.OTHER);
        return totals;
    }

    /** Only a classifier can be right. */
    private @Nullable Double accuracy(@Nullable Totals totals) {
        return totals == null || !config.classifies() ? null : totals.accuracy();
    }

    private static @Nullable Double loss(@Nullable Totals totals) {
        return totals == null ? null : totals.meanLoss();
    }

    /** The greatest accuracy is best, of other models the least loss. */
    private void chooseBest(@Nullable Totals choosing, @Nullable Totals tested) {
        if (choosing == null) {
            return;
        }
        double score = config.classifies() ? choosing.accuracy() : -choosing.meanLoss();
        if (state.bestScore == null || score > state.bestScore) {
            state.bestScore = score;
            state.bestTestAccuracy = accuracy(tested);
            state.bestEpoch = state.epochsDone;
        }
    }

    private EpochMetrics metrics(
            Totals trained, @Nullable Totals validated, @Nullable Totals tested, EpochMetrics.Seconds seconds) {
        List<Integer> connections = model.connections();
        return new EpochMetrics(
                state.epochsDone,
                state.step,
                learningRate,
                trained.meanLoss(),
                accuracy(trained),
                loss(validated),
                accuracy(validated),
                loss(tested),
                accuracy(tested),
                connections.stream().mapToLong(Integer::longValue).sum(),
                connections,
                state.connectionsExplored,
                seconds);
    }

    private void saveIfDue() throws IOException {
        boolean last = state.epochsDone == config.loop().epochs() || targetReached();
        boolean isBest = state.bestEpoch == null || state.bestEpoch == state.epochsDone;
        if (last || isBest || state.epochsDone % config.loop().checkpointEvery() == 0) {
            save();
            if (isBest) {
                directory.linkBest();
            }
        }
    }

    private void save() throws IOException {
        sha256 = new Checkpoint(
                        configuration,
                        Json.compact(state),
                        data.train().classes(),
                        data.normalization().offset(),
                        data.normalization().scale(),
                        data.statistics(),
                        model.state(),
                        inputs(data.train()))
                .write(directory.last());
    }

    /** What is known of the features; the network may have been told their image by a setting. */
    private Inputs inputs(Dataset samples) {
        ImageShape own = samples.imageShape();
        Shape image = own == null ? null : new Shape(own.channels(), own.height(), own.width());
        return new Inputs(samples.featureNames(), spec.image() == null ? image : spec.image());
    }

    private TrainResult result(String status) {
        List<LayerState> layers = model.state();
        return new TrainResult(
                status,
                state.epochsDone,
                state.step,
                state.trainLoss,
                state.trainAccuracy,
                state.testLoss,
                state.testAccuracy,
                state.bestTestAccuracy,
                state.bestEpoch,
                layers.stream().mapToLong(LayerState::connections).sum(),
                layers.stream().mapToLong(LayerState::parameters).sum(),
                (System.nanoTime() - startNanos) * 1e-9,
                epochsHere == 0 ? null : trainSeconds / epochsHere,
                ProcessMemory.peakBytes(),
                backend.name(),
                directory.hasCheckpoint() ? directory.last().toString() : null,
                sha256);
    }
}
