package coppice.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of settings and the values of a run. */
class SettingsTest {
    private static String message(Executable wrong) {
        String message = String.valueOf(
                assertThrows(IllegalArgumentException.class, wrong).getMessage());
        assertFalse(message.contains("\n"), message);
        return message;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "zeta | 0.30 | 0.3 | true",
                "zeta | 0.3 | 0.31 | false",
                "weight-decay | 0.0002 | 2e-4 | true",
                "weight-decay | 2E-04 | 2e-5 | false",
                "momentum | 0 | 0.0 | true",
                "epochs | 100 | 1e2 | true",
                "epochs | 100 | 10 | false",
                "seed | 9007199254740993 | 9007199254740992 | false",
                "seed | -1 | 1 | false",
                "hidden | 10,20 | 10,2 | false",
                "hidden | 1,00 | 100 | false",
                "init | normal:0.10 | normal:.1 | true",
                "init | normal:0.1 | uniform:0.1 | false",
                "layers | conv:32x3 dropout:0.50 | conv:32x3 dropout:0.5 | true",
                "layers | conv:32x3 dropout:0.5 | conv:32x30 dropout:0.5 | false",
                "augment | rotate:10,shift:0.1 | rotate:10.0,shift:0.10 | true",
                "label | 1 | 01 | false",
                "label | 1.0 | 1.0 | true",
                "variables | X1,y | X01,y | false",
                "data | part-1.csv | part-01.csv | false",
                "beta2 | 1e-9999999999 | 0 | false",
                "density | 0.1 | | false"
            })
    void numbersAreTheSameByValueAndNamesByText(String name, String value, @Nullable String other, boolean same) {
        assertEquals(same, Settings.named(name).isSame(value, other));
    }

    @Test
    void theTableNamesEachSettingOnce() {
        List<String> names = Settings.TABLE.stream().map(Setting::name).toList();
        assertEquals(names.size(), names.stream().distinct().count());
        for (Setting setting : Settings.TABLE) {
            assertTrue(setting.name().matches("[a-z][a-z0-9-]*"), setting.name());
            assertFalse(setting.help().isBlank() || setting.help().contains("\n"), setting.name());
            assertEquals(setting.argument() == null, setting.isSwitch());
            if (setting.isSwitch()) {
                assertEquals("false", setting.defaultValue());
            }
        }
    }

    @Test
    void everyDefaultHolds() {
        Settings settings = Settings.of(Map.of());
        for (Setting setting : Settings.TABLE) {
            assertEquals(setting.isOfMachines() ? null : setting.defaultValue(), settings.find(setting.name()));
        }
        assertEquals("20", settings.get("epsilon"));
        assertEquals(0.3, settings.number("zeta", "in [0, 1)", z -> z < 1));
        assertEquals(32, settings.integer("batch-size", 1));
        assertNull(settings.find("density"));
        TrainConfig.of(settings);
    }

    @Test
    void everyDefaultOfAMachineHolds() {
        Settings settings = Settings.of(Map.of("model", "rbm"));
        Settings.RBM_DEFAULTS.forEach((name, value) -> assertEquals(value, settings.find(name)));
        assertNull(settings.find("dropout"));
        Settings again = Settings.of(settings.values(Setting.Scope.RESULT));
        assertEquals(settings.values(Setting.Scope.values()), again.values(Setting.Scope.values()));
        TrainConfig.of(settings);
    }

    @Test
    void givenValuesWin() {
        Settings settings = Settings.of(Map.of("zeta", "0.5", "dense", "true", "label", "-1"));
        assertEquals("0.5", settings.get("zeta"));
        assertEquals("-1", settings.find("label"));
        assertTrue(settings.is("dense"));
        assertFalse(settings.is("sparse-output"));
    }

    @Test
    void unknownSettingsAreErrors() {
        assertEquals("there is no setting zeat", message(() -> Settings.of(Map.of("zeat", "0.5"))));
    }

    @Test
    void epsilonAndDensityExcludeEachOther() {
        assertEquals(
                "give epsilon or density, not both",
                message(() -> Settings.of(Map.of("epsilon", "20", "density", "0.1"))));
        Settings byDensity = Settings.of(Map.of("density", "0.1"));
        assertNull(byDensity.find("epsilon"));
        assertFalse(byDensity.values(Setting.Scope.RESULT).containsKey("epsilon"));
    }

    @Test
    void layersExcludeTheirShortForm() {
        String layers = "sparse:5 relu dense:classes";
        for (String name : List.of("hidden", "activation", "dropout", "sparse-output")) {
            assertEquals(
                    "give layers or " + name + ", not both",
                    message(() -> Settings.of(Map.of("layers", layers, name, "1"))));
            assertEquals(
                    "give layers or " + name + ", not both: model cnn has layers",
                    message(() -> Settings.of(Map.of("model", "cnn", name, "1"))));
            assertNull(Settings.of(Map.of("layers", layers)).find(name));
        }
        assertEquals(
                "image applies to networks given as layers only", message(() -> Settings.of(Map.of("image", "1x8x8"))));
        assertEquals(
                "layers does not apply to model rbm",
                message(() -> Settings.of(Map.of("model", "rbm", "layers", layers))));
    }

    @Test
    void everyDefaultOfAConvolutionalNetworkHolds() {
        Settings settings = Settings.of(Map.of("model", "cnn"));
        Settings.CNN_DEFAULTS.forEach((name, value) -> assertEquals(value, settings.find(name)));
        Settings again = Settings.of(settings.values(Setting.Scope.RESULT));
        assertEquals(settings.values(Setting.Scope.values()), again.values(Setting.Scope.values()));
        assertEquals(
                "pool:2 dense:classes",
                Settings.of(Map.of("model", "cnn", "layers", "pool:2 dense:classes"))
                        .get("layers"));
        TrainConfig.of(settings);
    }

    @Test
    void valuesKeepTheOrderOfTheTableAndTheirScope() {
        Settings settings = Settings.of(Map.of("seed", "5", "threads", "3", "data", "x.csv"));
        Map<String, String> kept = settings.values(Setting.Scope.RESULT, Setting.Scope.DATA);
        assertEquals("5", kept.get("seed"));
        assertEquals("x.csv", kept.get("data"));
        assertFalse(kept.containsKey("threads"));
        assertFalse(kept.containsKey("test"));
        assertEquals(
                Settings.TABLE.stream()
                        .map(Setting::name)
                        .filter(kept::containsKey)
                        .toList(),
                List.copyOf(kept.keySet()));
        assertEquals("3", settings.values(Setting.Scope.RUN).get("threads"));
    }

    @Test
    void wrongValuesAreNamedWithTheirRange() {
        Settings settings = Settings.of(Map.of(
                "dense", "yes", "epochs", "0", "batch-size", "1.5", "zeta", "1", "momentum", "NaN", "dropout", ""));
        assertEquals("dense must be true or false but was 'yes'", message(() -> settings.is("dense")));
        assertEquals(
                "epochs must be a whole number of at least 1 but was '0'",
                message(() -> settings.integer("epochs", 1)));
        assertEquals(
                "batch-size must be a whole number of at least 1 but was '1.5'",
                message(() -> settings.integer("batch-size", 1)));
        assertEquals(
                "zeta must be a number in [0, 1) but was '1'",
                message(() -> settings.number("zeta", "in [0, 1)", z -> z < 1)));
        assertEquals(
                "momentum must be a number of any size but was 'NaN'",
                message(() -> settings.number("momentum", "of any size", m -> true)));
        assertEquals(
                "dropout must be a number of any size but was ''",
                message(() -> settings.number("dropout", "of any size", m -> true)));
    }
}
