/**
 * Generates src/cri/gen/ from src/cri/proto/ (buf and protoc-gen-es, both npm packages). Run it
 * after an edit of the .proto file: `bun scripts/generate-cri.ts`. Its result is committed, so
 * that nothing has to be generated to build or test.
 */
const template = JSON.stringify({
  version: "v2",
  inputs: [{ directory: "src/cri/proto" }],
  plugins: [
    {
      local: "node_modules/.bin/protoc-gen-es",
      out: "src/cri/gen",
      opt: ["target=ts", "import_extension=ts", "erasable_syntax=true"],
    },
  ],
});

const run = Bun.spawnSync(["node_modules/.bin/buf", "generate", "--template", template], {
  cwd: `${import.meta.dir}/..`,
  stdout: "inherit",
  stderr: "inherit",
});
process.exit(run.exitCode);
