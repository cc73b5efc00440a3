// Streams, events and graphs.
//
// A stream's work waits in a queue until something waits for it, as late as a device could run it. So a host that reads
// results too early, or changes a buffer that a copy still has to read, shows it. CUDASIM_DEFER=0 runs all at once.
#include <chrono>
#include <deque>
#include <memory>
#include <set>
#include <vector>

#include "driver.h"

using cudasim::CallKind;
using cudasim::Operation;
using cudasim::violation;

struct CUgraph_st {
  std::vector<Operation> operations;
};

struct CUgraphExec_st {
  std::vector<Operation> operations;
};

struct CUstream_st {
  std::deque<Operation> queue;
  bool blocking = true;  // orders itself with the default stream
  CUgraph graph = nullptr;  // being captured
  bool origin = false;      // began the capture, rather than joined it through an event
  bool relaxed = false;     // allows calls that may wait
  bool invalidated = false;
};

struct CUevent_st {
  CUstream stream = nullptr;
  CUgraph graph = nullptr;  // recorded while this was captured
  bool timed = true;
  bool recorded = false;
  uint64_t records = 0;   // how often it was recorded outside of a capture
  uint64_t finished = 0;  // which of these the stream has come to
  std::chrono::steady_clock::time_point time;
};

namespace {

CUstream_st default_stream;
std::set<CUstream> streams;
std::set<CUevent> events;
std::set<CUgraph> graphs;
std::set<CUgraphExec> executables;

// 1 and 2 are CU_STREAM_LEGACY and CU_STREAM_PER_THREAD. Null for a handle that is none.
CUstream resolve(CUstream handle) {
  if (reinterpret_cast<uintptr_t>(handle) <= 2) return &default_stream;
  return streams.count(handle) ? handle : nullptr;
}

CUresult bad_handle(const char *what) {
  return violation(CUDA_ERROR_INVALID_HANDLE, std::string("use of a ") + what + " that is none or was destroyed");
}

CUresult run_first(CUstream stream) {
  Operation operation = std::move(stream->queue.front());
  stream->queue.pop_front();
  CUresult result = cudasim::sticky_error();
  if (result == CUDA_SUCCESS) result = operation();
  if (result != CUDA_SUCCESS) {
    cudasim::set_sticky_error(result);
    stream->queue.clear();
  }
  return result;
}

CUresult drain(CUstream stream) {
  while (!stream->queue.empty()) {
    CUresult result = run_first(stream);
    if (result != CUDA_SUCCESS) return result;
  }
  return cudasim::sticky_error();
}

bool pending(CUevent event) { return event->stream != nullptr && event->finished < event->records; }

// Runs what lies before a record of an event in its stream, and nothing that lies behind it.
CUresult drain_until(CUevent event, uint64_t record) {
  while (events.count(event) && event->stream != nullptr && event->finished < record && !event->stream->queue.empty()) {
    CUresult result = run_first(event->stream);
    if (result != CUDA_SUCCESS) return result;
  }
  return cudasim::sticky_error();
}

CUresult drain_blocking() {
  CUresult result = CUDA_SUCCESS;
  for (CUstream stream : streams)
    if (stream->blocking && result == CUDA_SUCCESS) result = drain(stream);
  return result;
}

CUresult invalid_capture(CUstream stream) {
  stream->invalidated = true;
  return violation(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a stream that is being captured was waited for");
}

}  // namespace

namespace cudasim {

CUresult submit(CUstream handle, Operation operation) {
  CUstream stream = resolve(handle);
  if (stream == nullptr) return bad_handle("stream");
  if (stream->invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  if (stream->graph != nullptr) {
    stream->graph->operations.push_back(std::move(operation));
    return CUDA_SUCCESS;
  }
  if (stream == &default_stream) {
    for (CUstream other : streams) {
      if (!other->blocking || other->graph == nullptr) continue;
      other->invalidated = true;
      return violation(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "work on the default stream during a capture");
    }
  }
  CUresult result = stream == &default_stream ? drain_blocking() : stream->blocking ? drain(&default_stream) : 0;
  if (result != CUDA_SUCCESS) return result;
  stream->queue.push_back(std::move(operation));
  return deferring() ? CUDA_SUCCESS : drain(stream);
}

CUresult run_now(const Operation &operation) {
  CUresult result = refuse_in_capture("a synchronous copy");
  if (result == CUDA_SUCCESS) result = drain_blocking();
  if (result == CUDA_SUCCESS) result = drain(&default_stream);
  return result == CUDA_SUCCESS ? operation() : result;
}

CUresult wait_for(CUstream handle) {
  CUstream stream = resolve(handle);
  if (stream == nullptr) return bad_handle("stream");
  if (stream->graph != nullptr) return invalid_capture(stream);
  CUresult result = stream == &default_stream ? drain_blocking() : CUDA_SUCCESS;
  return result == CUDA_SUCCESS ? drain(stream) : result;
}

CUresult wait_for_all() {
  CUresult result = drain(&default_stream);
  for (CUstream stream : streams)
    if (result == CUDA_SUCCESS) result = drain(stream);
  return result;
}

bool capturing(CUstream handle) {
  CUstream stream = resolve(handle);
  return stream != nullptr && stream->graph != nullptr;
}

CUresult refuse_in_capture(const char *what) {
  bool found = false;
  for (CUstream stream : streams) {
    if (stream->graph == nullptr || stream->relaxed) continue;
    found = stream->invalidated = true;
  }
  if (!found) return CUDA_SUCCESS;
  return violation(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, std::string(what) + " during a capture");
}

size_t live_streams_events_graphs() { return streams.size() + events.size() + graphs.size() + executables.size(); }

}  // namespace cudasim

// --- streams

DRIVER cuStreamCreate(CUstream *stream, unsigned flags) {
  ENTER(CallKind::OTHER);
  if (stream == nullptr || flags > 1) return CUDA_ERROR_INVALID_VALUE;
  *stream = new CUstream_st;
  (*stream)->blocking = flags == 0;
  streams.insert(*stream);
  return CUDA_SUCCESS;
}

DRIVER cuStreamCreateWithPriority(CUstream *stream, unsigned flags, int) { return cuStreamCreate(stream, flags); }

DRIVER cuStreamDestroy_v2(CUstream stream) {
  ENTER(CallKind::RELEASE);
  if (!streams.count(stream)) return bad_handle("stream");
  CUresult result = drain(stream);
  if (stream->origin && graphs.erase(stream->graph)) delete stream->graph;
  for (CUevent event : events)
    if (event->stream == stream) event->stream = nullptr;
  streams.erase(stream);
  delete stream;
  return result;
}

DRIVER cuStreamSynchronize(CUstream handle) {
  ENTER(CallKind::OTHER);
  return cudasim::wait_for(handle);
}

// Work that waits is not ready the first time, so that the code of a caller that asks again is run too.
DRIVER cuStreamQuery(CUstream handle) {
  ENTER(CallKind::OTHER);
  CUstream stream = resolve(handle);
  if (stream == nullptr) return bad_handle("stream");
  if (stream->graph != nullptr) return invalid_capture(stream);
  if (stream->queue.empty()) return CUDA_SUCCESS;
  CUresult result = drain(stream);
  return result == CUDA_SUCCESS ? CUDA_ERROR_NOT_READY : result;
}

DRIVER cuStreamWaitEvent(CUstream handle, CUevent event, unsigned) {
  ENTER(CallKind::OTHER);
  CUstream stream = resolve(handle);
  if (stream == nullptr) return bad_handle("stream");
  if (!events.count(event)) return bad_handle("event");
  if (event->graph != nullptr) {  // joins the capture; a graph keeps the order in which its work was captured
    stream->graph = event->graph;
    return CUDA_SUCCESS;
  }
  if (!pending(event) || event->stream == stream) return CUDA_SUCCESS;
  uint64_t record = event->records;
  return cudasim::submit(handle, [event, record] { return drain_until(event, record); });
}

DRIVER cuStreamBeginCapture_v2(CUstream handle, int mode) {
  ENTER(CallKind::OTHER);
  CUstream stream = resolve(handle);
  if (stream == nullptr) return bad_handle("stream");
  if (stream == &default_stream) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (stream->graph != nullptr) return CUDA_ERROR_ILLEGAL_STATE;
  if (mode < 0 || mode > 2) return CUDA_ERROR_INVALID_VALUE;
  stream->graph = new CUgraph_st;
  stream->origin = true;
  stream->relaxed = mode == 2;
  graphs.insert(stream->graph);
  return CUDA_SUCCESS;
}

DRIVER cuStreamEndCapture(CUstream handle, CUgraph *graph) {
  ENTER(CallKind::OTHER);
  CUstream stream = resolve(handle);
  if (stream == nullptr) return bad_handle("stream");
  if (graph == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (stream->graph == nullptr || !stream->origin) return CUDA_ERROR_ILLEGAL_STATE;
  CUgraph captured = stream->graph;
  bool invalidated = false;
  for (CUstream other : streams) {
    if (other->graph != captured) continue;
    invalidated |= other->invalidated;
    other->graph = nullptr;
    other->origin = other->invalidated = false;
  }
  for (CUevent event : events)
    if (event->graph == captured) event->graph = nullptr;
  *graph = invalidated ? nullptr : captured;
  if (!invalidated) return CUDA_SUCCESS;
  graphs.erase(captured);
  delete captured;
  return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
}

DRIVER cuStreamIsCapturing(CUstream handle, int *status) {
  ENTER(CallKind::OTHER);
  CUstream stream = resolve(handle);
  if (stream == nullptr) return bad_handle("stream");
  *status = stream->graph == nullptr ? 0 : stream->invalidated ? 2 : 1;
  return CUDA_SUCCESS;
}

DRIVER cuThreadExchangeStreamCaptureMode(int *mode) {
  ENTER(CallKind::OTHER);
  *mode = 0;
  return CUDA_SUCCESS;
}

// --- events

DRIVER cuEventCreate(CUevent *event, unsigned flags) {
  ENTER(CallKind::OTHER);
  if (event == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *event = new CUevent_st;
  (*event)->timed = (flags & 2) == 0;
  events.insert(*event);
  return CUDA_SUCCESS;
}

DRIVER cuEventDestroy_v2(CUevent event) {
  ENTER(CallKind::RELEASE);
  if (!events.erase(event)) return bad_handle("event");
  delete event;
  return CUDA_SUCCESS;
}

DRIVER cuEventRecord(CUevent event, CUstream handle) {
  ENTER(CallKind::OTHER);
  CUstream stream = resolve(handle);
  if (stream == nullptr) return bad_handle("stream");
  if (!events.count(event)) return bad_handle("event");
  event->stream = stream;
  event->graph = stream->graph;
  event->recorded = stream->graph == nullptr;
  if (stream->graph != nullptr) return CUDA_SUCCESS;
  uint64_t record = ++event->records;
  return cudasim::submit(handle, [event, record] {
    if (events.count(event)) {
      event->finished = record;
      event->time = std::chrono::steady_clock::now();
    }
    return CUDA_SUCCESS;
  });
}

DRIVER cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned) { return cuEventRecord(event, stream); }

DRIVER cuEventSynchronize(CUevent event) {
  ENTER(CallKind::OTHER);
  if (!events.count(event)) return bad_handle("event");
  return pending(event) ? drain_until(event, event->records) : cudasim::sticky_error();
}

DRIVER cuEventQuery(CUevent event) {
  ENTER(CallKind::OTHER);
  if (!events.count(event)) return bad_handle("event");
  if (!pending(event)) return CUDA_SUCCESS;
  CUresult result = drain_until(event, event->records);
  return result == CUDA_SUCCESS ? CUDA_ERROR_NOT_READY : result;
}

DRIVER cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  ENTER(CallKind::OTHER);
  if (!events.count(start) || !events.count(end)) return bad_handle("event");
  if (!start->timed || !end->timed || !start->recorded || !end->recorded) return CUDA_ERROR_INVALID_HANDLE;
  if (pending(start) || pending(end)) return CUDA_ERROR_NOT_READY;
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return CUDA_SUCCESS;
}

// --- graphs

DRIVER cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph, unsigned long long) {
  ENTER(CallKind::OTHER);
  if (executable == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (!graphs.count(graph)) return bad_handle("graph");
  *executable = new CUgraphExec_st{graph->operations};
  executables.insert(*executable);
  return CUDA_SUCCESS;
}

DRIVER cuGraphInstantiate_v2(CUgraphExec *executable, CUgraph graph, void *, char *, size_t) {
  return cuGraphInstantiateWithFlags(executable, graph, 0);
}

DRIVER cuGraphUpload(CUgraphExec executable, CUstream stream) {
  ENTER(CallKind::OTHER);
  return !executables.count(executable) ? bad_handle("graph") : resolve(stream) ? CUDA_SUCCESS : bad_handle("stream");
}

DRIVER cuGraphLaunch(CUgraphExec executable, CUstream stream) {
  ENTER(CallKind::LAUNCH);
  if (!executables.count(executable)) return bad_handle("graph");
  auto operations = std::make_shared<std::vector<Operation>>(executable->operations);
  return cudasim::submit(stream, [operations] {
    for (const Operation &operation : *operations) {
      CUresult result = operation();
      if (result != CUDA_SUCCESS) return result;
    }
    return CUresult(CUDA_SUCCESS);
  });
}

DRIVER cuGraphExecDestroy(CUgraphExec executable) {
  ENTER(CallKind::RELEASE);
  if (!executables.erase(executable)) return bad_handle("graph");
  delete executable;
  return CUDA_SUCCESS;
}

DRIVER cuGraphDestroy(CUgraph graph) {
  ENTER(CallKind::RELEASE);
  if (!graphs.erase(graph)) return bad_handle("graph");
  delete graph;
  return CUDA_SUCCESS;
}

// Counts only: the nodes themselves are not known outside.
DRIVER cuGraphGetNodes(CUgraph graph, void **nodes, size_t *count) {
  ENTER(CallKind::OTHER);
  if (!graphs.count(graph)) return bad_handle("graph");
  if (nodes != nullptr || count == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *count = graph->operations.size();
  return CUDA_SUCCESS;
}
