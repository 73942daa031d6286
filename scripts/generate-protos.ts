/**
 * Generates `gen/` from `proto/` in each folder that has one (buf and protoc-gen-es, both npm
 * packages). Run it after an edit of a .proto file: `bun scripts/generate-protos.ts`. Its result is
 * committed, so that nothing has to be generated to build or test.
 */
const FOLDERS = ["src/cri", "src/agent/plugin-apis"] as const;

for (const folder of FOLDERS) {
  const template = JSON.stringify({
    version: "v2",
    inputs: [{ directory: `${folder}/proto` }],
    plugins: [
      {
        local: "node_modules/.bin/protoc-gen-es",
        out: `${folder}/gen`,
        opt: ["target=ts", "import_extension=ts", "erasable_syntax=true"],
      },
    ],
  });
  const run = Bun.spawnSync(["node_modules/.bin/buf", "generate", "--template", template], {
    cwd: `${import.meta.dir}/..`,
    stdout: "inherit",
    stderr: "inherit",
  });
  if (run.exitCode !== 0) process.exit(run.exitCode);
}
