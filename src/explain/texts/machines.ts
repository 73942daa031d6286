import { text } from "../../config/mod.ts";
import type { ModelessOption } from "../option.ts";

/** Columns of machines.txt, and the placeholders that they fill in templates. */
export const machineTexts: readonly ModelessOption[] = [
  {
    path: "IPV4_ADDRESS",
    schema: { ...text({ format: "ip", nonEmpty: true }), required: true },
    en: "The machine's address: what SSH connects to, and the next hop of the other nodes to its pods. The first column; for dual stack an address of each family, parted by a comma without a blank.",
    ko: "머신의 주소다. SSH가 접속하는 주소이며, 다른 노드가 이 머신의 파드로 가는 다음 홉이다. 첫 번째 열이고, 듀얼 스택이면 두 주소를 공백 없이 쉼표로 구분한다.",
    enWrong:
      "One address in two lines: the second machine is written over the first. An address that is not the kubelet's node IP sends pod traffic of other nodes nowhere.",
    koWrong:
      "두 줄의 주소가 같으면 두 번째 머신의 설정이 첫 번째를 덮어쓴다. kubelet의 노드 IP와 다른 주소이면 다른 노드에서 온 파드 트래픽이 사라진다.",
    tiedTo: ["kubelet:address", "NW-C27", "NW-D19", "NW-F03", "NW-F08", "NW-D11"],
  },
  {
    path: "FQDN",
    schema: { ...text({ nonEmpty: true }), required: true },
    en: "The machine's full name, such as node-0.kubernetes.local. It goes into certificates; the second column.",
    ko: "머신의 전체 이름이다(예: node-0.kubernetes.local). 인증서에 들어가며 두 번째 열이다.",
    enWrong:
      "A name that differs from what the API server dials is missing in the kubelet's certificate: kubectl logs fails with an x509 error.",
    koWrong:
      "API 서버가 접속하는 이름과 다르면 kubelet의 인증서에 그 이름이 없어 kubectl logs가 x509 오류로 실패한다.",
    tiedTo: ["kubelet:tlsCertFile", "NW-C09", "NW-F02", "NW-F03"],
  },
  {
    path: "HOSTNAME",
    schema: { ...text({ nonEmpty: true }), required: true },
    en: "The machine's short name, which is the Node's name: lower case letters, digits, dashes. The third column; it has to be the name in the kubelet's certificate (system:node:HOSTNAME).",
    ko: "머신의 짧은 이름이며 Node의 이름이 된다. 소문자, 숫자, 대시를 쓴다. 세 번째 열이고, kubelet 인증서의 이름(system:node:HOSTNAME)과 같아야 한다.",
    enWrong:
      "Where the machine calls itself otherwise, the kubelet asks for a Node that its certificate does not allow: forbidden, and the node never appears.",
    koWrong:
      "머신의 실제 호스트 이름과 다르면 kubelet이 인증서가 허용하지 않는 이름으로 등록하려다 거부되어 노드가 나타나지 않는다.",
    tiedTo: [
      "flag:--hostname-override",
      "kube-proxy:hostnameOverride",
      "NW-C10",
      "NW-E06",
      "NW-F02",
      "NW-F03",
    ],
  },
  {
    path: "POD_SUBNET",
    schema: text({ format: "cidr" }),
    en: "The addresses of this machine's pods, such as 10.200.0.0/24, which take the place of SUBNET in templates. The fourth column; a machine without it is no worker.",
    ko: "이 머신의 파드가 쓰는 주소 대역이다(예: 10.200.0.0/24). 템플릿의 SUBNET 자리에 들어간다. 네 번째 열이며, 이 열이 없는 머신은 워커가 아니다.",
    enWrong:
      "Overlapping subnets give two pods one address. One outside of clusterCIDR makes kube-proxy take its pods for strangers. One with fewer addresses than maxPods runs out.",
    koWrong:
      "서브넷이 겹치면 두 파드가 같은 주소를 갖는다. clusterCIDR 밖이면 kube-proxy가 그 파드를 외부로 본다. maxPods보다 주소가 적으면 모자란다.",
    defaultIs: ["none, which makes it no worker", "없음(워커가 아니게 된다)"],
    tiedTo: [
      "cni:ipam.ranges",
      "kube-proxy:clusterCIDR",
      "kubelet:maxPods",
      "nodewright:routes",
      "NW-C18",
      "NW-D09",
      "NW-D10",
      "NW-D19",
      "NW-D08",
      "NW-D11",
      "NW-D20",
    ],
  },
  {
    path: "SUBNET",
    en: "A placeholder in network configurations and kubelet-config.yaml: every occurrence becomes the node's POD_SUBNET, as the tutorial's sed does. SUBNET6 becomes the IPv6 one.",
    ko: "네트워크 설정과 kubelet-config.yaml에 쓰는 자리 표시자다. 튜토리얼의 sed처럼 나올 때마다 노드의 POD_SUBNET으로 바뀐다. SUBNET6은 IPv6 서브넷이 된다.",
    enWrong: 'Left in a file on a node: "invalid CIDR address: SUBNET", and no pod starts.',
    koWrong:
      '노드의 파일에 그대로 남으면 "invalid CIDR address: SUBNET"으로 파드가 시작하지 못한다.',
    tiedTo: ["machines:POD_SUBNET", "cni:ipam.ranges[][].subnet"],
  },
];
