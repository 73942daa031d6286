import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import tls from "node:tls";
import { certificateUser, TlsHttpServer } from "../kube/serving/mod.ts";
import type { TestAuthority } from "../kube/testing/mod.ts";
import { createTestControlPlane, type TestControlPlane } from "./testing/mod.ts";

/** A kubelet that says what it was asked: it echoes what comes on a stream. */
async function startKubelet(authority: TestAuthority, names: readonly string[]) {
  const { cert, key } = await authority.issue({
    ...{ commonName: "system:node:n", dnsNames: names, usages: ["serverAuth"] as const },
  });
  const server = new TlsHttpServer({ cert, key, clientCa: authority.certificate });
  const describeRequest = (request: IncomingMessage): string =>
    JSON.stringify({
      path: request.url,
      user: certificateUser(request)?.name,
      authorization: request.headers.authorization,
      accept: request.headers.accept,
    });
  server.http.on("request", (request, response) => {
    if (request.url?.includes("waiting")) {
      response.writeHead(400).end('container "waiting" in pod "p" is waiting to start');
    } else response.end(describeRequest(request));
  });
  server.http.on("upgrade", (request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
    );
    socket.write(describeRequest(request));
    socket.pipe(socket);
  });
  await server.listen(0, "127.0.0.1");
  return server;
}

let plane: TestControlPlane;
let kubelet: TlsHttpServer;
let impostor: TlsHttpServer;
beforeAll(async () => {
  plane = await createTestControlPlane();
  kubelet = await startKubelet(plane.authority, ["n"]);
  impostor = await startKubelet(plane.authority, ["other"]);
  const { store } = plane.running;
  for (const [name, { port }] of [
    ["n", kubelet],
    ["m", impostor],
  ] as const) {
    store.create(
      { resource: "nodes", namespace: "", name },
      {
        ...{ apiVersion: "v1", kind: "Node", metadata: { name, uid: name } },
        status: {
          addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
          daemonEndpoints: { kubeletEndpoint: { Port: port } },
        },
      },
    );
  }
  const pods = [
    ["p", "n"],
    ["elsewhere", "m"],
    ["pending", undefined],
  ] as const;
  for (const [name, nodeName] of pods) {
    store.create(
      { resource: "pods", namespace: "default", name },
      {
        ...{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default", uid: name } },
        spec: {
          containers: [{ name: "c" }],
          initContainers: [{ name: "waiting" }],
          ...(nodeName === undefined ? {} : { nodeName }),
        },
      },
    );
  }
});
afterAll(async () => {
  await kubelet[Symbol.asyncDispose]();
  await impostor[Symbol.asyncDispose]();
  await plane[Symbol.asyncDispose]();
});

async function get(path: string, user = "admin", group = "system:masters") {
  const as = await plane.authority.connect(plane.url, { name: user, group });
  return await new Promise<{ status: number; text: string }>((resolve, reject) => {
    https
      .get(
        new URL(path, plane.url),
        {
          ...{ ca: plane.authority.certificate, agent: false, cert: as.cert },
          key: as.key?.reveal(),
          headers: { accept: "application/json" },
        },
        (answer) => {
          let text = "";
          answer.on("data", (chunk) => {
            text += String(chunk);
          });
          answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
        },
      )
      .on("error", reject);
  });
}

const POD = "/api/v1/namespaces/default/pods";

describe("logs", () => {
  test("are asked of the pod's kubelet, as the API server and for any type", async () => {
    const { status, text } = await get(`${POD}/p/log?follow=true&container=c`);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      path: "/containerLogs/default/p/c?follow=true",
      user: "kubernetes",
    });
  });
  test("the kubelet's refusal is the server's", async () => {
    const { status, text } = await get(`${POD}/p/log?container=waiting`);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      kind: "Status",
      message: 'container "waiting" in pod "p" is waiting to start',
    });
  });
  test("a pod that runs nowhere has none", async () => {
    expect(await get(`${POD}/pending/log?container=c`)).toEqual({ status: 200, text: "" });
  });
  test("a kubelet with another node's certificate is not believed", async () => {
    const { status, text } = await get(`${POD}/elsewhere/log?container=c`);
    expect(status).toBe(500);
    expect(text).toContain("error dialing backend");
  });
  test("are refused to who may not read them", async () => {
    expect((await get(`${POD}/p/log?container=c`, "ann", "dev")).status).toBe(403);
  });
});

test("nodes/proxy reaches the kubelet", async () => {
  const { text } = await get("/api/v1/nodes/n/proxy/pods?x=1");
  const passed = { path: "/pods?x=1", user: "kubernetes", accept: "application/json" };
  expect(JSON.parse(text)).toEqual(passed);
});

describe("streams", () => {
  /** Sends an upgrade and a word after it; gives all that comes back until the word does. */
  async function upgrade(path: string, method = "POST"): Promise<string> {
    const { admin, authority, url } = plane;
    const socket = tls.connect({
      ...{ host: "127.0.0.1", port: Number(new URL(url).port), ca: authority.certificate },
      ...{ cert: admin.cert, key: admin.key?.reveal() },
    });
    socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\nAuthorization: Bearer secret\r\n\r\n`,
    );
    let text = "";
    let isSent = false;
    return await new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => resolve(text));
      socket.on("data", (chunk) => {
        text += String(chunk);
        if (text.includes("101 Switching") && !isSent) {
          isSent = true;
          socket.write("the word");
        }
        if (text.endsWith("the word")) socket.destroy();
      });
    });
  }
  test("pass bytes in both directions, without the caller's credentials", async () => {
    const text = await upgrade(`${POD}/p/exec?container=c&command=sh&stdin=true&stdout=true`);
    expect(text).toStartWith("HTTP/1.1 101 Switching Protocols\r\n");
    expect(text).toContain('"/exec/default/p/c?input=1&output=1&command=sh"');
    expect(text).toContain('"user":"kubernetes"');
    expect(text).not.toContain("secret");
    expect(text).toEndWith("the word");
  });
  test("a pod without a node, and one that is not there, are refused before", async () => {
    expect(await upgrade(`${POD}/pending/exec?container=c`)).toContain(
      "pod pending does not have a host assigned",
    );
    expect(await upgrade(`${POD}/nobody/portforward`)).toContain("HTTP/1.1 404");
  });
});

test("a request that asks for no upgrade is refused", async () => {
  expect((await get(`${POD}/p/exec?container=c`)).text).toContain("Upgrade request required");
});
