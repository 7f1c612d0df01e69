package io.millrace;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The rules of the modules, as DESIGN draws them: dependencies point downward only. */
@AnalyzeClasses(packages = "io.millrace", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String[] ACTORS = {
    "io.millrace.user..",
    "io.millrace.item..",
    "io.millrace.evidence..",
    "io.millrace.retrieval..",
    "io.millrace.feed..",
    "io.millrace.learning..",
    "io.millrace.serialization..",
    "io.millrace.threads.."
  };
  private static final String[] APP = {
    "io.millrace.app..", "io.millrace.edge..", "io.millrace.importing..", "io.millrace.evaluation.."
  };

  @ArchTest
  static final ArchRule INDEX_AND_MODEL_KNOW_NO_ACTORS =
      noClasses()
          .that()
          .resideInAnyPackage("io.millrace.index..", "io.millrace.model..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.pekko..", "com.google.protobuf..", "io.millrace.proto..");

  @ArchTest
  static final ArchRule MODEL_KNOWS_NO_LUCENE =
      noClasses()
          .that()
          .resideInAPackage("io.millrace.model..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.lucene..", "io.millrace.index..");

  @ArchTest
  static final ArchRule INDEX_KNOWS_NO_MODEL =
      noClasses()
          .that()
          .resideInAPackage("io.millrace.index..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.millrace.model..");

  @ArchTest
  static final ArchRule PERSISTENCE_MOVES_BYTES_AND_KNOWS_NONE_OF_OUR_TYPES =
      noClasses()
          .that()
          .resideInAPackage("io.millrace.persistence..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.millrace.index..", "io.millrace.model..", "io.millrace.proto..");

  @ArchTest
  static final ArchRule NOTHING_BELOW_KNOWS_THE_ACTORS =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.millrace.index..", "io.millrace.model..", "io.millrace.persistence..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ACTORS);

  @ArchTest
  static final ArchRule NOTHING_BELOW_KNOWS_THE_APP =
      noClasses()
          .that()
          .resideOutsideOfPackages(APP)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(APP);

  @ArchTest
  static final ArchRule PROTOBUF_STAYS_IN_SERIALIZATION_AND_APP =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.millrace.user..",
              "io.millrace.item..",
              "io.millrace.evidence..",
              "io.millrace.retrieval..",
              "io.millrace.feed..",
              "io.millrace.learning..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.google.protobuf..", "io.millrace.proto..");

  @ArchTest
  static final ArchRule NAMES_SAY_WHAT_A_THING_IS =
      classes()
          .that()
          .resideInAPackage("io.millrace..")
          .and()
          .resideOutsideOfPackage("io.millrace.proto..")
          .should()
          .haveSimpleNameNotEndingWith("Manager")
          .andShould()
          .haveSimpleNameNotEndingWith("Helper")
          .andShould()
          .haveSimpleNameNotEndingWith("Util")
          .andShould()
          .haveSimpleNameNotEndingWith("Impl");
}
