// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "vexfsctl/transport.h"
#include "vexfsd/config/presets.h"
#include "vexfsd/requests/service.h"

namespace vexfs::ctl {
namespace {

class EmbeddedEndpoint;

// What one embedded directory has in common for all its transports; the service lies above the store.
struct Engine {
    std::unique_ptr<Store> store;
    std::unique_ptr<Service> service;
};

// Presets as the daemon has them; the rest of vexfsd.toml is the daemon's alone.
ServiceOptions service_options() {
    ServiceOptions options;
    options.presets = [catalog = PresetCatalog::load()](const std::string& name) -> Result<Schema> {
        VEXFS_ASSIGN(const Preset* const preset, catalog.find(name));
        return schema_of(*preset);
    };
    return options;
}

// Handles requests in a thread of its own, so that the caller can prepare the next one meanwhile.
class EmbeddedTransport : public Transport {
  public:
    explicit EmbeddedTransport(EmbeddedEndpoint& endpoint)
        : endpoint_(endpoint), worker_([this](const std::stop_token& stop) { work(stop); }) {}

    Result<void> send(Message request) override {
        const std::lock_guard lock(mutex_);
        requests_.push_back(std::move(request));
        changed_.notify_all();
        return {};
    }

    Result<Message> receive() override {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !replies_.empty(); });
        Result<Message> reply = std::move(replies_.front());
        replies_.pop_front();
        return reply;
    }

    Result<bool> ready(std::chrono::milliseconds timeout) override {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, timeout, [this] { return !replies_.empty(); });
    }

  private:
    void work(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, stop, [this] { return !requests_.empty(); })) {
            const Message request = std::move(requests_.front());
            requests_.pop_front();
            lock.unlock();
            Result<Message> reply = handle(request);
            lock.lock();
            if (reply) changed_.wait_for(lock, stop, reply->held_back, [] { return false; });
            replies_.push_back(std::move(reply));
            changed_.notify_all();
        }
    }

    Result<Message> handle(const Message& request);

    EmbeddedEndpoint& endpoint_;
    std::mutex mutex_;  // guards requests_ and replies_
    std::condition_variable_any changed_;
    std::deque<Message> requests_;
    std::deque<Result<Message>> replies_;
    std::jthread worker_;
};

class EmbeddedEndpoint : public Endpoint {
  public:
    explicit EmbeddedEndpoint(std::string directory) : directory_(std::move(directory)) {}

    bool embedded() const override { return true; }
    std::string name() const override { return "directory " + directory_; }
    Result<std::unique_ptr<Transport>> connect() override {
        return std::make_unique<EmbeddedTransport>(*this);
    }

    // Opened with the first request: only what makes a collection makes the directory, so that a mistyped
    // one is found and not left behind.
    Result<Service*> service_for(const Message& request) {
        const std::lock_guard lock(mutex_);
        if (engine_.service) return engine_.service.get();
        std::error_code error;
        const std::string operation = request.header.value("op", "");
        if (operation != "collection.create" && operation != "restore.begin" &&
            !std::filesystem::exists(directory_, error)) {
            return fail(ErrorCode::not_found, fmt::format("there is no data directory {}", directory_),
                        "'vexfsctl --embedded DIR collection create' makes one");
        }
        StoreOptions store_options;
        store_options.directory = directory_;
        VEXFS_ASSIGN(engine_.store, Store::open(store_options));
        engine_.service = std::make_unique<Service>(*engine_.store, service_options());
        return engine_.service.get();
    }

  private:
    std::string directory_;
    std::mutex mutex_;  // guards engine_ while it is opened
    Engine engine_;
};

Result<Message> EmbeddedTransport::handle(const Message& request) {
    VEXFS_ASSIGN(Service* const service, endpoint_.service_for(request));
    Caller caller;
    caller.uid = geteuid();
    caller.gid = getegid();
    caller.all_powerful = true;  // who can write the directory may do everything in it
    Message reply = service->handle(request, caller);
    if (auto error = error_of(reply)) return tl::unexpected<Error>(std::move(*error));
    return reply;
}

}  // namespace

std::unique_ptr<Endpoint> embedded_endpoint(std::string directory) {
    return std::make_unique<EmbeddedEndpoint>(std::move(directory));
}

}  // namespace vexfs::ctl
