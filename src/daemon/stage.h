// A stage takes from its input, gives to its output, and is driven by do_work(): by its own thread in the daemon, all
// on one thread in a test. It never waits for another stage.
#pragma once

#include <memory>

#include "base/bounded_queue.h"
#include "core/effect.h"
#include "core/event.h"

namespace streamd {

enum class Work {
  done,     // something was done: call again at once
  idle,     // nothing to do: wait for input
  blocked,  // the output has no room: wait for it
  finished  // nothing will come any more
};

using EventQueue = BoundedQueue<std::unique_ptr<EventBatch>>;    // weight: batches
using EffectQueue = BoundedQueue<std::unique_ptr<EffectBatch>>;  // weight: bytes
using DeliveryQueue = BoundedQueue<std::unique_ptr<DeliveryBatch>>;  // weight: bytes

}  // namespace streamd
