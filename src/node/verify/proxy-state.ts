import { messageOf } from "../../base/mod.ts";
import { type Frontend, listFrontends } from "../../proxy/mod.ts";
import type { HostCommand } from "./host-command.ts";

const UNIT = "kube-proxy.service";
/** kube-proxy's own; another port than this says nothing about it. */
const HEALTHZ_URL = "http://127.0.0.1:10256/healthz";
const TIMEOUT_MS = 3_000;

/** What can be seen of a node's service proxy. */
export interface ProxyState {
  /** As `systemctl is-active` says it; `unknown` without systemd. */
  readonly unit: string;
  /** What its health check says: `200`, another status, or why there is no answer. */
  readonly health: string;
  /** What kube-proxy's nftables table routes; undefined where there is no such table (mode iptables). */
  readonly frontends: readonly Frontend[] | undefined;
  /** The words of `iptables-save -t nat`; empty where there is no such command. */
  readonly natRules: string;
}

/** Reads it; what cannot be read is said as it is. */
export async function readProxyState(run: HostCommand): Promise<ProxyState> {
  const [active, rules, health] = await Promise.all([
    run(["systemctl", "is-active", UNIT]),
    run(["iptables-save", "-t", "nat"]),
    readHealth(),
  ]);
  const unit = active.stdout.trim();
  return {
    unit: unit === "" ? "unknown" : unit,
    health,
    frontends: listFrontends(),
    natRules: rules.stdout,
  };
}

async function readHealth(): Promise<string> {
  try {
    const answer = await fetch(HEALTHZ_URL, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return String(answer.status);
  } catch (thrown) {
    return messageOf(thrown);
  }
}
