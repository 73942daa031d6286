import { Client, credentials } from "@grpc/grpc-js";
import type { ProbeOutcome } from "./outcome.ts";

/** Asks grpc.health.v1.Health/Check; the two messages have one field each and are written by hand. */
export async function checkGrpcHealth(options: {
  readonly host: string;
  readonly port: number;
  readonly service: string;
  readonly timeoutMs: number;
}): Promise<ProbeOutcome> {
  const { host, port, service, timeoutMs } = options;
  const target = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const client = new Client(target, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  try {
    return await new Promise((resolve) => {
      client.makeUnaryRequest(
        "/grpc.health.v1.Health/Check",
        (name: string) => encodeRequest(name),
        (bytes: Buffer) => decodeStatus(bytes),
        service,
        { deadline: Date.now() + timeoutMs },
        (error, status) => {
          if (error !== null) resolve({ kind: "failure", output: `rpc error: ${error.details}` });
          else if (status === SERVING) resolve({ kind: "success", output: "service is healthy" });
          else resolve({ kind: "failure", output: `service unhealthy (responded with ${status})` });
        },
      );
    });
  } finally {
    client.close();
  }
}

/** HealthCheckResponse.ServingStatus */
const SERVING = 1;

/** HealthCheckRequest { string service = 1; } */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  return name.length === 0
    ? Buffer.alloc(0)
    : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
}

/** HealthCheckResponse { ServingStatus status = 1; } */
function decodeStatus(bytes: Buffer): number {
  return bytes[0] === 0x08 ? (bytes[1] ?? 0) : 0;
}
