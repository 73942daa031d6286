import type { JsonObject } from "../json.ts";
import { SPEC_VERSIONS } from "../version.ts";
import {
  type Check,
  type Expectation,
  errorCode,
  errorNaming,
  silentSuccess,
  success,
} from "./check.ts";
import type { Subject } from "./subjects.ts";
import type { PluginAnswer, TestHost } from "./test-host.ts";

const ATTACHED = ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"] as const;

/** Not of IPAM plugins, which have nothing to do in a namespace. */
const NO_NETNS = "ADD: a namespace that is not there";

interface ProtocolCase {
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string | JsonObject;
  readonly expect: Expectation;
}

/**
 * What holds for every plugin before it has anything to do: parameters, versions, configuration
 * (SPEC 1.1 "Parameters", "Error", sections 3 and 4). Needs no pod that stays.
 */
export async function protocolChecks(host: TestHost, subject: Subject): Promise<readonly Check[]> {
  const pod = host.addPod();
  const checks: Check[] = [];
  for (const one of protocolCases(host, subject, pod)) {
    const answer = await host.call({ type: subject.type, env: one.env, stdin: one.stdin });
    checks.push({ id: `${subject.type} ${one.id}`, failure: one.expect(answer) });
  }
  host.removePod(pod);
  return checks;
}

function protocolCases(host: TestHost, subject: Subject, pod: string): readonly ProtocolCase[] {
  const env = { CNI_CONTAINERID: "protocol", CNI_NETNS: pod, CNI_IFNAME: "eth0" };
  const conf = { cniVersion: "1.1.0", name: "protocol", type: subject.type, ...subject.conf(host) };
  return [
    ...versionCases(subject),
    ...environmentCases(env, conf).filter(({ id }) => subject.isIpam !== true || id !== NO_NETNS),
    ...configurationCases(env, conf),
    ...gateCases(env, conf, subject),
  ];
}

function versionCases(subject: Subject): readonly ProtocolCase[] {
  const lists = (answer: PluginAnswer): string | undefined => {
    const wrong = success(answer);
    if (wrong !== undefined) return wrong;
    const listed = answer.json?.["supportedVersions"];
    const missing = subject.versions.filter(
      (version) => !Array.isArray(listed) || !listed.includes(version),
    );
    return missing.length === 0 ? undefined : `it does not list ${missing.join(", ")}`;
  };
  const echoes =
    (version: string): Expectation =>
    (answer) => {
      const own = answer.json?.["cniVersion"];
      return own === version
        ? undefined
        : `its cniVersion is ${JSON.stringify(own)}, asked was ${version}`;
    };
  const ask = (id: string, stdin: string | JsonObject, expect: Expectation): ProtocolCase => ({
    id: `VERSION: ${id}`,
    env: { CNI_COMMAND: "VERSION" },
    stdin,
    expect,
  });
  return [
    ask("lists its versions", { cniVersion: "1.1.0" }, lists),
    ask("without standard input", "", lists),
    ...SPEC_VERSIONS.map((version) =>
      ask(`answers in ${version}`, { cniVersion: version }, echoes(version)),
    ),
    { id: "without CNI_COMMAND: says what it is", env: {}, stdin: "", expect: success },
  ];
}

/** CNI_PATH is asked for by the reference libraries alone: SPEC 1.1 leaves it optional. */
function environmentCases(
  env: Readonly<Record<string, string>>,
  conf: JsonObject,
): readonly ProtocolCase[] {
  const cases: ProtocolCase[] = [
    {
      id: "unknown CNI_COMMAND",
      env: { ...env, CNI_COMMAND: "JUMP" },
      stdin: conf,
      expect: errorNaming(4, "JUMP"),
    },
  ];
  for (const command of ["ADD", "CHECK", "DEL"]) {
    for (const name of ATTACHED.filter((one) => command !== "DEL" || one !== "CNI_NETNS")) {
      const rest = withoutKey({ ...env, CNI_COMMAND: command }, name);
      cases.push({
        id: `${command}: without ${name}`,
        env: rest,
        stdin: conf,
        expect: errorNaming(4, name),
      });
    }
    cases.push({
      id: `${command}: all missing variables in one error`,
      env: { CNI_COMMAND: command },
      stdin: conf,
      expect: errorNaming(4, "CNI_CONTAINERID", "CNI_IFNAME"),
    });
    const wrong = { CNI_CONTAINERID: "-x", CNI_IFNAME: "a/b" };
    for (const [name, value] of Object.entries(wrong)) {
      cases.push({
        id: `${command}: ${name} "${value}"`,
        env: { ...env, CNI_COMMAND: command, [name]: value },
        stdin: conf,
        expect: errorCode(4),
      });
    }
  }
  return [
    ...cases,
    {
      id: "ADD: an interface name of 16 bytes",
      env: { ...env, CNI_COMMAND: "ADD", CNI_IFNAME: "0123456789abcdef" },
      stdin: conf,
      expect: errorCode(4),
    },
    {
      id: NO_NETNS,
      env: { ...env, CNI_COMMAND: "ADD", CNI_NETNS: "/run/netns/nwc-nowhere" },
      stdin: conf,
      expect: (answer) => (answer.exitCode === 0 ? "it succeeded" : errorCode(7, 8, 999)(answer)),
    },
  ];
}

function configurationCases(
  env: Readonly<Record<string, string>>,
  conf: JsonObject,
): readonly ProtocolCase[] {
  const { name: _name, ...nameless } = conf;
  const add = { ...env, CNI_COMMAND: "ADD" };
  return [
    { id: "ADD: no JSON", env: add, stdin: "{", expect: errorCode(6) },
    { id: "ADD: empty standard input", env: add, stdin: "", expect: errorCode(6) },
    { id: "ADD: a list instead of an object", env: add, stdin: "[]", expect: errorCode(6) },
    { id: "ADD: without a name", env: add, stdin: nameless, expect: errorCode(7) },
    { id: "ADD: a bad name", env: add, stdin: { ...conf, name: "a b" }, expect: errorCode(7) },
    { id: "DEL: no JSON", env: { ...env, CNI_COMMAND: "DEL" }, stdin: "{", expect: errorCode(6) },
  ];
}

/** Which operation a configuration of which version has. */
function gateCases(
  env: Readonly<Record<string, string>>,
  conf: JsonObject,
  subject: Subject,
): readonly ProtocolCase[] {
  const cases: ProtocolCase[] = [];
  const call = (command: string, version: string, expect: Expectation): void => {
    const attached = command === "GC" || command === "STATUS" ? {} : env;
    const stdin = { ...conf, cniVersion: version };
    cases.push({
      id: `${command} ${version}`,
      env: { ...attached, CNI_COMMAND: command },
      stdin,
      expect,
    });
  };
  for (const command of ["ADD", "DEL"]) {
    call(command, "9.9.9", errorCode(1));
    for (const version of SPEC_VERSIONS.filter((one) => !subject.versions.includes(one))) {
      call(command, version, errorCode(1));
    }
  }
  for (const version of ["0.1.0", "0.2.0", "0.3.0", "0.3.1"]) call("CHECK", version, errorCode(1));
  for (const version of SPEC_VERSIONS.filter((one) => one !== "1.1.0")) {
    call("GC", version, errorCode(1));
    call("STATUS", version, errorCode(1));
  }
  cases.push(
    {
      id: "GC 1.1.0: without a list is refused",
      env: { CNI_COMMAND: "GC" },
      stdin: conf,
      expect: errorCode(7),
    },
    {
      id: "GC 1.1.0: an empty list",
      env: { CNI_COMMAND: "GC" },
      stdin: { ...conf, "cni.dev/valid-attachments": [] },
      expect: silentSuccess,
    },
    {
      id: "DEL: of what never was",
      env: { ...env, CNI_COMMAND: "DEL" },
      stdin: conf,
      expect: silentSuccess,
    },
  );
  return cases;
}

function withoutKey(
  variables: Readonly<Record<string, string>>,
  name: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(variables).filter(([key]) => key !== name));
}
