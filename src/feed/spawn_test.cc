#include "feed/spawn.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <new>

namespace streamd::feed {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> wait(int ms) {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(ms));
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> run_out_of_memory() {
  co_await wait(1);
  throw std::bad_alloc();
}

TEST(Spawn, WhatACoroutineThrowsEndsTheRun) {
  asio::io_context context;
  spawn(context.get_executor(), wait(60'000));
  spawn(context.get_executor(), run_out_of_memory());
  EXPECT_THROW(context.run(), std::bad_alloc);
}

TEST(Spawn, OneThatEndsIsNoFailure) {
  asio::io_context context;
  spawn(context.get_executor(), wait(1));
  context.run();
  EXPECT_TRUE(context.stopped());
}

}  // namespace
}  // namespace streamd::feed
