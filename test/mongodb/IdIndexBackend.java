package de.bwaldvogel.mongo.backend.h2;

import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.bson.Document;
import java.lang.reflect.Field;
import java.util.List;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

/**
 * The persistent backend, with one thing more that MongoDB does: a query that asks for an _id and for something else
 * is answered through the index of _id, too. Without it every such query reads the whole collection, and nothing could
 * be said of a large one.
 */
public class IdIndexBackend extends H2Backend {
    public IdIndexBackend(String file) {
        super(file);
    }

    @Override
    protected MongoDatabase openOrCreateDatabase(String name) {
        return new IdIndexDatabase(name, getMvStore(), getCursorRegistry());
    }

    private static class IdIndexDatabase extends H2Database {
        IdIndexDatabase(String name, MVStore store, CursorRegistry cursors) {
            super(name, store, cursors);
        }

        @Override
        protected Index<Object> openOrCreateUniqueIndex(
                String collection, String name, List<IndexKey> keys, boolean sparse) {
            Index<Object> index = super.openOrCreateUniqueIndex(collection, name, keys, sparse);
            boolean isOfId = keys.size() == 1 && keys.get(0).getKey().equals("_id");
            return isOfId ? new IdIndex(mapOf(index), name, keys, sparse) : index;
        }
    }

    private static class IdIndex extends H2UniqueIndex {
        IdIndex(MVMap<KeyValue, Object> map, String name, List<IndexKey> keys, boolean sparse) {
            super(map, name, keys, sparse);
        }

        @Override
        public synchronized boolean canHandle(Document query) {
            return query.containsKey("_id") && super.canHandle(idOf(query));
        }

        @Override
        public synchronized Iterable<Object> getPositions(Document query) {
            return super.getPositions(idOf(query));
        }

        private static Document idOf(Document query) {
            return new Document("_id", query.get("_id"));
        }
    }

    @SuppressWarnings("unchecked")
    private static MVMap<KeyValue, Object> mapOf(Index<Object> index) {
        try {
            Field field = H2UniqueIndex.class.getDeclaredField("mvMap");
            field.setAccessible(true);
            return (MVMap<KeyValue, Object>) field.get(index);
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
    }
}
