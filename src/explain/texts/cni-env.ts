import { choice, text } from "../../config/mod.ts";
import type { ModelessOption } from "../option.ts";

/** The environment that a runtime calls a CNI plugin with; the configuration is on standard input. */
export const cniEnvTexts: readonly ModelessOption[] = [
  {
    path: "CNI_COMMAND",
    schema: choice(["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION"]),
    en: "What the plugin shall do.",
    ko: "플러그인이 수행할 작업이다.",
    values: {
      ADD: ["connect the container to the network", "컨테이너를 네트워크에 연결한다"],
      DEL: [
        "disconnect it; what is gone already is no error",
        "연결을 해제한다. 이미 없는 것은 오류가 아니다",
      ],
      CHECK: ["make sure that all is as ADD has left it", "ADD가 만든 상태 그대로인지 확인한다"],
      GC: [
        "clean up after containers that are not in the given list (since 1.1.0)",
        "주어진 목록에 없는 컨테이너가 남긴 것을 정리한다(1.1.0부터)",
      ],
      STATUS: [
        "say whether ADD would work (since 1.1.0)",
        "ADD가 가능한 상태인지 답한다(1.1.0부터)",
      ],
      VERSION: ["say which versions of the specification are known", "지원하는 스펙 버전을 답한다"],
    },
    enWrong:
      "A plugin that is called without it (by hand, say) answers with an error or a line about itself.",
    koWrong: "이 변수 없이(예: 손으로) 호출하면 플러그인은 오류나 자기소개 한 줄을 출력한다.",
    tiedTo: ["cni:type"],
  },
  {
    path: "CNI_CONTAINERID",
    schema: text({ nonEmpty: true }),
    en: "The identity of the container, in Kubernetes of the pod's sandbox. host-local writes it into the file of each address, so that DEL finds it again.",
    ko: "컨테이너의 고유 식별자로, 쿠버네티스에서는 파드 샌드박스의 ID다. host-local이 주소마다 파일에 기록해 DEL이 다시 찾게 한다.",
    tiedTo: ["cni:ipam.dataDir", "NW-D14"],
  },
  {
    path: "CNI_NETNS",
    schema: text(),
    en: "The path of the container's network namespace, such as /var/run/netns/cni-.... containerd makes it before it calls ADD. For DEL it may be empty, where the namespace is gone already.",
    ko: "컨테이너의 네트워크 네임스페이스 경로다(예: /var/run/netns/cni-...). containerd가 ADD를 호출하기 전에 만든다. 네임스페이스가 이미 사라졌으면 DEL에서는 비어 있을 수 있다.",
    enWrong:
      "A path that is no network namespace fails ADD; the host's own would give the node's network away.",
    koWrong:
      "네트워크 네임스페이스가 아닌 경로이면 ADD가 실패한다. 호스트 자신의 네임스페이스를 주면 노드의 네트워크를 건드리게 된다.",
    tiedTo: ["containerd:cri.netns_mounts_under_state_dir"],
  },
  {
    path: "CNI_IFNAME",
    schema: text(),
    en: "The name of the interface in the container: eth0 for a pod, lo for loopback. At most 15 characters.",
    ko: "컨테이너 안에 만들 인터페이스의 이름이다. 파드는 eth0, loopback은 lo다. 최대 15자다.",
    enWrong: 'A name that is taken in the namespace: "container veth name "eth0" already exists".',
    koWrong:
      '네임스페이스에 이미 있는 이름이면 "container veth name "eth0" already exists"가 나온다.',
  },
  {
    path: "CNI_PATH",
    schema: text(),
    en: "Directories in which executables of plugins are looked for, parted by colons. The bridge plugin finds host-local by it. containerd fills it from bin_dir.",
    ko: "플러그인 실행 파일을 찾는 디렉터리들이며 콜론으로 구분한다. bridge 플러그인이 host-local을 이 경로에서 찾는다. containerd는 bin_dir 값으로 채운다.",
    enWrong: '"failed to find plugin "host-local" in path [...]".',
    koWrong: '"failed to find plugin "host-local" in path [...]"가 나온다.',
    tiedTo: ["containerd:cri.cni.bin_dir", "place:/opt/cni/bin", "NW-D01", "NW-D07"],
  },
  {
    path: "CNI_ARGS",
    schema: text(),
    en: "Further arguments as KEY=VALUE, parted by semicolons. containerd passes the pod's name and namespace: K8S_POD_NAME, K8S_POD_NAMESPACE, K8S_POD_INFRA_CONTAINER_ID, K8S_POD_UID.",
    ko: "KEY=VALUE를 세미콜론으로 구분한 추가 인자다. containerd는 파드의 이름과 네임스페이스를 전달한다: K8S_POD_NAME, K8S_POD_NAMESPACE, K8S_POD_INFRA_CONTAINER_ID, K8S_POD_UID.",
    enWrong: "A key that a plugin does not know is an error unless IgnoreUnknown=1 is there too.",
    koWrong: "플러그인이 모르는 키는 IgnoreUnknown=1이 함께 없으면 오류가 된다.",
    tiedTo: ["cni:args"],
  },
];
