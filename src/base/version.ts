import manifest from "../../package.json" with { type: "json" };

/** The version of nodewright itself. */
export const VERSION: string = manifest.version;
