package coppice;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the packages to their layers. A package that is not in the table has no place yet: give it a line. */
class ArchitectureTest {
    private static final JavaClasses COPPICE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("coppice");

    /** Each package and the packages it may import, besides itself and the shared exceptions in {@code coppice}. */
    private static final String LAYERS = """
            matrix       :
            random       :
            parallel     :
            topology     : matrix random parallel
            backend      : matrix
            backend.cpu  : backend matrix random parallel
            backend.cuda : backend matrix
            data         : matrix random
            model        : backend topology matrix random parallel
            run          : model topology backend matrix
            onnx         : run model backend matrix
            train        : run data model topology backend matrix random parallel
            report       : run train model topology matrix random parallel
            """;

    @ParameterizedTest(name = "{0}")
    @MethodSource("layers")
    void importsOnlyWhatTheTableAllows(Layer layer) {
        var allowed = Stream.concat(layer.packages(), layer.mayImport().flatMap(Layer::packages))
                .toArray(String[]::new);
        check(noClasses()
                .that()
                .resideInAnyPackage(layer.packages().toArray(String[]::new))
                .should()
                .dependOnClassesThat(resideInAPackage("coppice..")
                        .and(not(resideInAnyPackage(allowed)))
                        .and(not(resideInAPackage("coppice")))));
    }

    @Test
    void sharedExceptionsImportNothing() {
        check(noClasses()
                .that()
                .resideInAPackage("coppice")
                .should()
                .dependOnClassesThat(resideInAPackage("coppice.*..")));
    }

    @Test
    void everyPackageIsInTheTable() {
        var known = Stream.concat(Stream.of("coppice", "coppice.cli.."), layers().flatMap(Layer::packages));
        check(classes().should().resideInAnyPackage(known.toArray(String[]::new)));
    }

    @Test
    void packagesHaveNoCycles() {
        check(slices().matching("coppice.(**)").should().beFreeOfCycles());
    }

    @Test
    void onlyTheCommandLinePrints() {
        check(noClasses().that().resideOutsideOfPackage("coppice.cli..").should(ACCESS_STANDARD_STREAMS));
    }

    @Test
    void onlyTheCommandLineExits() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("coppice.cli..")
                .should()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "halt", int.class));
    }

    @Test
    void onlyTheVectorPackageUsesTheVectorApi() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("coppice.backend.cpu.vector")
                .should()
                .dependOnClassesThat(resideInAPackage("jdk.incubator.vector..")));
    }

    @Test
    void onlyTheCudaBackendUsesCuda() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("coppice.backend.cuda..")
                .should()
                .dependOnClassesThat(resideInAPackage("jcuda..")));
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(COPPICE);
    }

    private static Stream<Layer> layers() {
        return LAYERS.lines()
                .map(line -> line.split(":", -1))
                .map(cells -> new Layer(cells[0].strip(), cells[1].strip()));
    }

    private record Layer(String name, String imports) {
        /** The backends are layers of their own, all other packages bring their subpackages. */
        Stream<String> packages() {
            var own = "coppice." + name;
            return name.equals("backend") ? Stream.of(own) : Stream.of(own, own + "..");
        }

        Stream<Layer> mayImport() {
            return Arrays.stream(imports.split(" ")).filter(s -> !s.isEmpty()).map(s -> new Layer(s, ""));
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
