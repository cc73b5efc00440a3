package coppice.cli;

import coppice.train.Setting;
import coppice.train.Settings;
import org.jspecify.annotations.Nullable;

/**
 * An option of a command.
 *
 * @param name without the dashes
 * @param argument what its value is called in help; null for a switch
 * @param defaultValue shown in help; null where there is none
 * @param group heading in help
 * @param help what it does
 */
record CommandOption(
        String name, @Nullable String argument, @Nullable String defaultValue, String group, String help) {
    static CommandOption of(Setting setting) {
        return new CommandOption(
                setting.name(),
                setting.argument(),
                setting.isSwitch() ? null : defaultOf(setting),
                setting.group(),
                setting.help());
    }

    /** The default, and those of a restricted Boltzmann machine and of a convolutional network where they differ. */
    private static @Nullable String defaultOf(Setting setting) {
        String ofRbm = Settings.RBM_DEFAULTS.get(setting.name());
        if (setting.isOfMachines()) {
            return ofRbm;
        }
        String usual = setting.defaultValue();
        String ofCnn = Settings.CNN_DEFAULTS.get(setting.name());
        return usual == null
                ? null
                : usual + (ofRbm == null ? "" : ", of rbm " + ofRbm) + (ofCnn == null ? "" : ", of cnn " + ofCnn);
    }

    static CommandOption value(String name, String argument, String help) {
        return new CommandOption(name, argument, null, "Options", help);
    }

    static CommandOption flag(String name, String help) {
        return new CommandOption(name, null, null, "Options", help);
    }
}
