import { describe, expect, test } from "bun:test";
import { runCommandLine } from "../testing/mod.ts";

/** `terminal` is a standard output with that many columns. */
function explain(argv: readonly string[], terminal?: number) {
  return runCommandLine(["explain", ...argv], { columns: terminal });
}

describe("nodewright explain", () => {
  test("prints a page, plain in a pipe", async () => {
    const { exitCode, stdout, stderr } = await explain(["maxPods"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toStartWith("kubelet:maxPods  (kubelet-config.yaml)\n\n  How many pods");
    expect(stdout).toContain("  Default  110\n");
    expect(stdout).not.toContain("\u001b");
  });

  test("prints a page in Korean", async () => {
    const { exitCode, stdout } = await explain(["maxPods", "--lang", "ko"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("  기본값  110\n");
    expect(stdout).toContain("\n값이 잘못되면\n");
  });

  test("is bold on a terminal, not with --no-color, and as wide as the terminal", async () => {
    const color = await explain(["maxPods"], 60);
    expect(color.stdout).toStartWith("\u001b[1mkubelet:maxPods\u001b[22m");
    const plain = await explain(["maxPods", "--no-color"], 60);
    expect(plain.stdout).toBe(Bun.stripANSI(color.stdout));
    expect(Math.max(...plain.stdout.split("\n").map((line) => line.length))).toBeLessThan(61);
  });

  test("takes a line out of a file, without quotes around it", async () => {
    const { stdout } = await explain(["SystemdCgroup", "=", "true"]);
    expect(stdout).toStartWith("containerd:cri.containerd.runtimes.*.options.SystemdCgroup");
  });

  test("takes a flag of the kubelet for a word, and its own for its own", async () => {
    expect((await explain(["--v=2"])).stdout).toStartWith("flag:--v  ");
    const korean = await explain(["--node-ip", "--lang", "ko"]);
    expect(korean.stdout).toStartWith("flag:--node-ip  (kubelet과 kube-proxy의 플래그)");
  });

  test("explains a rule, a file, a word of several", async () => {
    const rule = await explain(["NW-A01", "--lang", "ko"]);
    expect(rule.stdout).toStartWith("NW-A01  (The kubelet and runc");
    expect(rule.stdout).toContain("\n고치는 방법\n");
    const file = await explain(["kube-proxy-config.yaml"]);
    expect(file.stdout).toContain("kube-proxy:conntrack.maxPerCore");
    const several = await explain(["masqueradeAll"]);
    expect([several.exitCode, several.stdout.split("\n")[0]]).toEqual([
      0,
      "Several options have that name",
    ]);
  });

  test("gives JSON", async () => {
    const option = JSON.parse((await explain(["conf_dir", "--json"])).stdout);
    expect(option).toMatchObject({
      kind: "option",
      name: "containerd:cri.cni.conf_dir",
      default: "/etc/cni/net.d",
      places: [
        { in: "version 2", path: 'plugins."io.containerd.grpc.v1.cri".cni.conf_dir' },
        { in: "version 3, 4", path: 'plugins."io.containerd.cri.v1.runtime".cni.conf_dir' },
      ],
    });
    expect(option.tiedTo.map(({ name }: { name: string }) => name)).toContain(
      "place:/etc/cni/net.d",
    );
    expect(JSON.parse((await explain(["NW-A01", "--json"])).stdout)).toMatchObject({
      kind: "rule",
      id: "NW-A01",
      severity: "error",
    });
    const all = JSON.parse((await explain(["--json"])).stdout);
    expect(all.files.map((file: { name: string }) => file.name)).toContain("kubelet");
  });

  test("without a word lists everything", async () => {
    const { exitCode, stdout } = await explain([]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("\nkubelet  (KubeletConfiguration)\n");
    expect(stdout).toContain("NW-A01");
  });

  test("use 18: NW lists the rules with what has to hold, and NW-B those of a family", async () => {
    const all = await explain(["NW"]);
    expect(all.exitCode).toBe(0);
    expect(all.stdout).toMatch(/\n {2}NW-A01 {2}The kubelet and runc/);
    expect(all.stdout).toContain("NW-F01");
    const family = await explain(["NW-B"]);
    expect(family.stdout).toContain("NW-B01");
    expect(family.stdout).not.toContain("NW-A01");
    const json = JSON.parse((await explain(["NW", "--json"])).stdout);
    expect(json.kind).toBe("rules");
    expect(json.rules.length).toBeGreaterThan(80);
  });

  test.each([
    { env: { LANG: "ko_KR.UTF-8" }, want: "기본값" },
    { env: { LC_ALL: "ko", LANG: "en_US.UTF-8" }, want: "기본값" },
    { env: { LC_ALL: "", LC_MESSAGES: "ko_KR@hangul", LANG: "C" }, want: "기본값" },
    { env: { LC_ALL: "C", LANG: "ko_KR.UTF-8" }, want: "Default" },
    { env: { LANG: "de_DE.UTF-8" }, want: "Default" },
    { env: { LANG: "kok_IN" }, want: "Default" },
    { env: {}, want: "Default" },
  ])("use 18: the locale decides about the language: $env", async ({ env, want }) => {
    const { stdout } = await runCommandLine(["explain", "maxPods"], { env });
    expect(stdout).toContain(`  ${want}  110\n`);
    const english = await runCommandLine(["explain", "maxPods", "--lang", "en"], { env });
    expect(english.stdout).toContain("  Default  110\n");
  });

  test("an unknown word is wrong usage; the nearest names are told", async () => {
    const { exitCode, stdout, stderr } = await explain(["maxPodz"]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain('Cannot explain, no option, file or rule has that name: "maxPodz"');
    expect(stderr).toContain("Did you mean maxPods");
    const ofSystemd = await explain(["[Service]", "ProtectClock=yes"]);
    expect(ofSystemd.exitCode).toBe(2);
    expect(ofSystemd.stderr).toContain('has no page here: "ProtectClock"');
    const json = await explain(["maxPodz", "--json"]);
    expect(json.exitCode).toBe(2);
    expect(JSON.parse(json.stdout).error.kind).toBe("usage");
    expect((await explain(["maxPods", "--lang", "de"])).exitCode).toBe(2);
  });
});
