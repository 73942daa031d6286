/**
 * A firewalld without a firewall, as a program on the bus that DBUS_SYSTEM_BUS_ADDRESS names: keeps
 * sources of zones and refuses what firewalld refuses. Says "ready" when it can be called.
 */
import { writeSync } from "node:fs";
import { DbusConnection, type DbusMessage, MESSAGE } from "../dbus/mod.ts";

const sources = new Map<string, string>();

function answerTo(call: DbusMessage): Parameters<DbusConnection["answer"]>[1] {
  const [zone = "", source = ""] = call.body.map(String);
  const refuse = (text: string) => ({
    type: MESSAGE.error,
    errorName: "org.fedoraproject.FirewallD1.Exception",
    signature: "s",
    body: [text],
  });
  const say = (value: string | boolean) => ({
    type: MESSAGE.return,
    signature: typeof value === "string" ? "s" : "b",
    body: [value],
  });
  switch (call.member) {
    case "addSource":
      if (zone === "missing") return refuse("INVALID_ZONE: missing");
      if (sources.has(source)) return refuse(`ZONE_ALREADY_SET: ${source}`);
      sources.set(source, zone);
      return say(zone);
    case "removeSource":
      if (sources.get(source) !== zone) return refuse(`UNKNOWN_SOURCE: ${source}`);
      sources.delete(source);
      return say(zone);
    case "querySource":
      return say(sources.get(source) === zone);
    default:
      return refuse(`UNKNOWN_METHOD: ${call.member}`);
  }
}

const bus = await DbusConnection.open(Bun.env, (call) => bus?.answer(call, answerTo(call)));
if (bus === undefined) throw new Error("There is no bus");
await bus.call({
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
  member: "RequestName",
  args: ["org.fedoraproject.FirewallD1", 4],
});
writeSync(1, "ready\n");
await bus.serve();
