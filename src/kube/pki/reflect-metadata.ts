// A module of its own: the bundler runs a package that is imported for its effect where the importing
// module begins, which is after the modules that this one imports.
import "reflect-metadata";
