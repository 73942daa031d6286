import { type Logger, messageOf } from "../base/mod.ts";
import type { ProxyConfig } from "./config/mod.ts";
import { type HealthState, type Listener, listen } from "./health/mod.ts";
import type { ProxyMetrics } from "./metrics.ts";

/** What the servers answer with. */
export interface ServerParts {
  readonly health: HealthState;
  readonly metrics: ProxyMetrics;
  readonly log: Logger;
}

/** /healthz and /livez for others, what is for administrators on the metrics address. */
export async function startServers(
  config: ProxyConfig,
  { health, metrics, log }: ServerParts,
): Promise<readonly Listener[]> {
  const started: Listener[] = [];
  const start = async (...args: Parameters<typeof listen>): Promise<void> => {
    try {
      started.push(await listen(...args));
    } catch (thrown) {
      if (config.bindAddressHardFail) throw thrown;
      const { host, port } = args[0];
      const reason = messageOf(thrown);
      log.error("Cannot listen", { host, port, reason });
    }
  };
  if (config.healthz !== undefined) {
    await start(config.healthz, (path) => {
      const endpoint = path === "/healthz" ? "healthz" : path === "/livez" ? "livez" : undefined;
      if (endpoint === undefined) return { status: 404, body: "404 page not found\n" };
      const report = health.report(endpoint);
      metrics.answered(endpoint, report.status);
      return report;
    });
  }
  if (config.metrics !== undefined) {
    await start(config.metrics, async (path) => {
      if (path === "/healthz") return { status: 200, body: "ok" };
      if (path === "/proxyMode") return { status: 200, body: config.mode };
      if (path === "/metrics") {
        const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
        return { status: 200, body: await metrics.text(), headers };
      }
      return { status: 404, body: "404 page not found\n" };
    });
  }
  return started;
}
