// Starts mongo-java-server, a server that speaks MongoDB's protocol and keeps every operation on a collection
// atomic: java Launcher PORT [FILE]. With a file, what it stores survives a restart (H2); without, it is
// in memory. Prints "ready" once it listens.

import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.IdIndexBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

public class Launcher {
    public static void main(String[] arguments) {
        int port = Integer.parseInt(arguments[0]);
        MongoBackend backend =
                arguments.length > 1 ? new IdIndexBackend(arguments[1]) : new MemoryBackend();
        MongoServer server = new MongoServer(backend.version(new NewEnough()));
        server.bind("127.0.0.1", port);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        System.out.println("ready");
    }

    // The current driver talks to no server that reports an older wire version than 9 (MongoDB 4.4).
    private static class NewEnough implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(4, 4, 0);
        }

        @Override
        public int getWireVersion() {
            return 9;
        }
    }
}
