import type { OptionText } from "../option.ts";

/** KubeletConfiguration: who may ask the kubelet's server, and for what. */
export const kubeletAuthTexts: readonly OptionText[] = [
  {
    path: "authentication",
    en: "How the kubelet's HTTPS server finds out who is calling: by client certificate, by bearer token, or not at all.",
    ko: "kubelet의 HTTPS 서버가 호출자를 알아내는 방법이다. 클라이언트 인증서, 베어러 토큰, 익명의 세 가지가 있다.",
    tiedTo: ["kubelet:authorization", "NW-C12"],
  },
  {
    path: "authentication.x509",
    en: "Authentication by client certificate, which is how kube-apiserver calls the kubelet.",
    ko: "클라이언트 인증서를 이용한 인증이다. kube-apiserver가 kubelet을 호출할 때 쓰는 방식이다.",
  },
  {
    path: "authentication.x509.clientCAFile",
    en: "The CA certificates (PEM) by which client certificates are checked: kube-apiserver's, and those of others that call the kubelet directly. The certificate's CN becomes the user, its O the groups. Changes of the file are read while the kubelet runs.",
    ko: "클라이언트 인증서를 검증하는 CA 인증서다(PEM). kube-apiserver를 비롯해 kubelet을 직접 호출하는 클라이언트의 인증서를 이것으로 검증한다. 인증서의 CN이 사용자, O가 그룹이 된다. 파일이 바뀌면 실행 중에 다시 읽는다.",
    enWrong:
      "Without it, or with another CA, kube-apiserver is nobody to the kubelet: kubectl logs answers Unauthorized (401). A missing file ends the kubelet.",
    koWrong:
      "값이 없거나 다른 CA이면 kubelet은 kube-apiserver를 알아보지 못해 kubectl logs가 Unauthorized(401)로 끝난다. 파일이 없으면 kubelet이 종료한다.",
    tiedTo: [
      "place:/var/lib/kubelet/ca.crt",
      "kube-apiserver --kubelet-client-certificate",
      "NW-C08",
      "NW-C12",
    ],
  },
  {
    path: "authentication.webhook",
    en: "Authentication by bearer token: the kubelet asks the API server (TokenReview) whose token it is.",
    ko: "베어러 토큰을 이용한 인증이다. 누구의 토큰인지 kubelet이 API 서버에 묻는다(TokenReview).",
  },
  {
    path: "authentication.webhook.enabled",
    en: "Accepts bearer tokens, such as a ServiceAccount's, by asking the API server about each. metrics-server and Prometheus come with such a token.",
    ko: "ServiceAccount 토큰 같은 베어러 토큰을 API 서버에 확인해 받아들인다. metrics-server나 Prometheus가 이런 토큰으로 접근한다.",
    enWrong:
      "With false, token callers get 401: metrics-server has no numbers, kubectl top is empty. kube-apiserver itself uses a certificate and does not notice.",
    koWrong:
      "false이면 토큰으로 접근하는 호출자가 401을 받는다. metrics-server가 수치를 얻지 못하고 kubectl top이 비어 있다. kube-apiserver는 인증서를 쓰므로 영향이 없다.",
    tiedTo: ["kubelet:authorization.mode", "flag:--kubeconfig", "NW-C12"],
  },
  {
    path: "authentication.webhook.cacheTTL",
    en: "How long the answer about a token is remembered. A revoked token is accepted for that long at most.",
    ko: "토큰에 대한 응답을 기억하는 시간이다. 폐기된 토큰도 최대 이 시간 동안 받아들여진다.",
    tiedTo: ["kubelet:authentication.webhook.enabled"],
  },
  {
    path: "authentication.anonymous",
    en: "What happens to requests that show neither a certificate nor a token.",
    ko: "인증서도 토큰도 없는 요청을 어떻게 다룰지 정한다.",
  },
  {
    path: "authentication.anonymous.enabled",
    en: "Lets requests without any identity in as system:anonymous of the group system:unauthenticated. What they may do is then up to authorization.",
    ko: "신원이 없는 요청을 system:anonymous 사용자, system:unauthenticated 그룹으로 받아들인다. 무엇을 할 수 있는지는 인가가 결정한다.",
    enWrong:
      "true together with authorization mode AlwaysAllow gives everyone who reaches port 10250 a shell in every pod of the node.",
    koWrong:
      "true이면서 인가 모드가 AlwaysAllow이면 10250 포트에 닿는 누구나 이 노드의 모든 파드에서 셸을 얻는다.",
    tiedTo: ["kubelet:authorization.mode", "NW-C12"],
  },
  {
    path: "authorization",
    en: "How the kubelet's HTTPS server decides what a known caller may do.",
    ko: "인증된 호출자가 무엇을 할 수 있는지 kubelet의 HTTPS 서버가 결정하는 방법이다.",
    tiedTo: ["kubelet:authentication", "NW-C12"],
  },
  {
    path: "authorization.mode",
    en: "Who decides what a caller may do. With Webhook the kubelet asks the API server (SubjectAccessReview) whether this user may use nodes/proxy, nodes/log, nodes/stats or nodes/metrics, and the API server answers by its own modes (Node, RBAC).",
    ko: "호출자의 권한을 누가 판단할지 정한다. Webhook이면 kubelet이 API 서버에 SubjectAccessReview를 보내 이 사용자가 nodes/proxy, nodes/log, nodes/stats, nodes/metrics를 쓸 수 있는지 묻고, API 서버는 자신의 인가 모드(Node, RBAC)로 답한다.",
    enWrong:
      'With Webhook and no ClusterRole for the user of kube-apiserver\'s kubelet client, kubectl logs and exec fail: "Forbidden (user=kubernetes, verb=get, resource=nodes, subresource=proxy)". AlwaysAllow opens every pod to whoever is authenticated.',
    koWrong:
      'Webhook인데 kube-apiserver의 kubelet 클라이언트 사용자에게 ClusterRole이 없으면 kubectl logs와 exec가 "Forbidden (user=kubernetes, verb=get, resource=nodes, subresource=proxy)"로 실패한다. AlwaysAllow는 인증만 되면 모든 파드를 열어 준다.',
    values: {
      AlwaysAllow: [
        "everyone who is authenticated may do everything",
        "인증된 호출자는 무엇이든 할 수 있다",
      ],
      Webhook: ["the API server decides", "API 서버가 결정한다"],
    },
    tiedTo: [
      "kubelet:authentication.anonymous.enabled",
      "kubelet:authentication.x509.clientCAFile",
      "kube-apiserver --kubelet-client-certificate",
      "cluster RBAC: ClusterRole system:kube-apiserver-to-kubelet and its binding",
      "NW-C12",
    ],
  },
  {
    path: "authorization.webhook",
    en: "How long answers of the API server about authorization are remembered.",
    ko: "인가에 대한 API 서버의 응답을 얼마나 기억할지 정한다.",
  },
  {
    path: "authorization.webhook.cacheAuthorizedTTL",
    en: "How long a yes is remembered. A right that was taken away still works for that long.",
    ko: "허용 응답을 기억하는 시간이다. 회수한 권한도 이 시간 동안은 통한다.",
    tiedTo: ["kubelet:authorization.mode"],
  },
  {
    path: "authorization.webhook.cacheUnauthorizedTTL",
    en: "How long a no is remembered. After a missing RBAC binding was added, kubectl logs may fail for that long.",
    ko: "거부 응답을 기억하는 시간이다. 빠진 RBAC 바인딩을 추가한 뒤에도 이 시간 동안은 kubectl logs가 실패할 수 있다.",
    tiedTo: ["kubelet:authorization.mode"],
  },
];
