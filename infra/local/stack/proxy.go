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
func (s *Stack) startProxy(port int) (*http.Server, error) {
	target, err := neturl.Parse(s.EmulatorURL)
	if err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) {
			rewrite(request, target, "/_aws/execute-api/"+s.Outputs["ApiId"]+"/$default")
		},
		// Idle connections go before the emulator closes them after 75 s: a POST on a closed one could not be repeated.
		// Bodies pass as they are, without a compression that the client did not ask for.
		Transport: &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, IdleConnTimeout: 30 * time.Second, DisableCompression: true},
		ErrorHandler: func(response http.ResponseWriter, request *http.Request, err error) {
			if request.Context().Err() == nil {
				s.progress("proxy: %s %s: %v", request.Method, request.URL.Path, err)
			}
			response.Header().Set("Content-Type", "application/json")
			response.WriteHeader(http.StatusServiceUnavailable) // what the gateway says when it cannot reach the function
			_, _ = fmt.Fprint(response, `{"message":"Service Unavailable"}`)
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

// rewrite puts a prefix before the path and leaves everything else as it came: encoded slashes, odd queries, the Host.
func rewrite(request *httputil.ProxyRequest, target *neturl.URL, prefix string) {
	in, out := request.In.URL, request.Out.URL
	out.Scheme, out.Host = target.Scheme, target.Host
	out.Path, out.RawPath, out.RawQuery = prefix+in.Path, prefix+in.EscapedPath(), in.RawQuery
	request.SetXForwarded()
}
