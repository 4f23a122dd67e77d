// Shows to kube-apiserver's own OIDC authenticator one ID token after the other and prints what it makes of each.
//
// The only argument is an AuthenticationConfiguration, the file that kube-apiserver takes with
// --authentication-config. Standard input has a token on each line; standard output answers with a line of JSON each.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

// Discovery is tried every ten seconds.
const longestStart = 30 * time.Second

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: kubernetes CONFIGURATION <TOKENS")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	authenticator, err := started(ctx, os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := json.NewEncoder(os.Stdout).Encode(judge(ctx, authenticator, lines.Text())); err != nil {
			log.Fatal(err)
		}
	}
}

// configured reads the file as kube-apiserver does: a key that it does not know is an error.
func configured(path string) (*apiserver.AuthenticationConfiguration, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	object, err := runtime.Decode(codecs.UniversalDecoder(), text)
	if err != nil {
		return nil, err
	}
	configuration, ok := object.(*apiserver.AuthenticationConfiguration)
	if !ok || len(configuration.JWT) != 1 {
		return nil, fmt.Errorf("%s is no AuthenticationConfiguration with one issuer", path)
	}
	return configuration, nil
}

// started gives the authenticator of the file's issuer once it knows the issuer's keys.
func started(ctx context.Context, path string) (oidc.AuthenticatorTokenWithHealthCheck, error) {
	configuration, err := configured(path)
	if err != nil {
		return nil, err
	}
	issuer := configuration.JWT[0]
	ca, err := dynamiccertificates.NewStaticCAContent("issuer", []byte(issuer.Issuer.CertificateAuthority))
	if err != nil {
		return nil, err
	}
	authenticator, err := oidc.New(ctx, oidc.Options{JWTAuthenticator: issuer, CAContentProvider: ca})
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(longestStart); ; time.Sleep(20 * time.Millisecond) {
		if err = authenticator.HealthCheck(); err == nil || time.Now().After(end) {
			return authenticator, err
		}
	}
}

// verdict is who the cluster takes the token's bearer for, or why it takes it for nobody.
type verdict struct {
	Username string   `json:"username,omitempty"`
	UID      string   `json:"uid,omitempty"`
	Groups   []string `json:"groups,omitempty"`
	Refused  string   `json:"refused,omitempty"`
}

func judge(ctx context.Context, authenticator oidc.AuthenticatorTokenWithHealthCheck, token string) verdict {
	answer, ok, err := authenticator.AuthenticateToken(ctx, token)
	switch {
	case err != nil:
		return verdict{Refused: err.Error()}
	case !ok:
		// Another issuer's token, left to the next authenticator.
		return verdict{Refused: "not this issuer's"}
	default:
		return verdict{Username: answer.User.GetName(), UID: answer.User.GetUID(), Groups: answer.User.GetGroups()}
	}
}
