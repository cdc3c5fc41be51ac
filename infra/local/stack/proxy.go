package stack

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	neturl "net/url"
	"time"
)

// startProxy forwards a port to the API's address in the emulator, as a custom domain does on AWS.
func startProxy(port int, emulator, apiID string) (*http.Server, error) {
	target, err := neturl.Parse(emulator)
	if err != nil {
		return nil, err
	}
	prefix := "/_aws/execute-api/" + apiID + "/$default"
	proxy := &httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) {
			out := request.Out.URL
			out.Scheme, out.Host = target.Scheme, target.Host
			out.RawPath = prefix + request.In.URL.EscapedPath()
			out.Path = prefix + request.In.URL.Path
			request.SetXForwarded()
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 10 * time.Second},
		ErrorHandler: func(response http.ResponseWriter, _ *http.Request, err error) {
			response.Header().Set("Content-Type", "application/json")
			response.WriteHeader(http.StatusServiceUnavailable) // what the gateway says when it cannot reach the function
			fmt.Fprintf(response, `{"message":"Service Unavailable"}`)
			_ = err
		},
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: time.Minute}
	go server.Serve(listener) //nolint:errcheck // ends with Close
	return server, nil
}
