package coppice.data;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** Counts the bytes of a response on their way to where they are stored. */
final class CountingBody {
    private final String what;
    private final FetchListener listener;
    private volatile long total = -1;
    private volatile long done;

    CountingBody(String what, FetchListener listener) {
        this.what = what;
        this.listener = listener;
    }

    void expect(long bytes) {
        total = bytes;
    }

    long done() {
        return done;
    }

    <T> BodySubscriber<T> over(BodySubscriber<T> target) {
        return new BodySubscriber<>() {
            @Override
            public CompletionStage<T> getBody() {
                return target.getBody();
            }

            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                target.onSubscribe(subscription);
            }

            @Override
            public void onNext(List<ByteBuffer> buffers) {
                long arrived = done;
                for (ByteBuffer buffer : buffers) {
                    arrived += buffer.remaining();
                }
                done = arrived;
                target.onNext(buffers);
                listener.progress(what, arrived, total);
            }

            @Override
            public void onError(Throwable fault) {
                target.onError(fault);
            }

            @Override
            public void onComplete() {
                target.onComplete();
            }
        };
    }
}
