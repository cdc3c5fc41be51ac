import java.lang.reflect.Field;

import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

/**
 * Starts DynamoDB Local on the loopback interface. It listens on every address by itself and has no option for that, so its web server
 * is told before it starts.
 */
final class Loopback {
    public static void main(String[] arguments) throws Exception {
        DynamoDBProxyServer server = ServerRunner.createServerFromCommandLineArgs(arguments);
        Field web = DynamoDBProxyServer.class.getDeclaredField("server");
        web.setAccessible(true);
        for (Connector connector : ((Server) web.get(server)).getConnectors()) {
            ((ServerConnector) connector).setHost("127.0.0.1");
        }
        server.start();
        server.join();
    }
}
