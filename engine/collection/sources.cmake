# SPDX-License-Identifier: Apache-2.0
find_package(tsl-robin-map REQUIRED)
target_link_libraries(vexfs-engine PRIVATE tsl::robin_map)
target_sources(vexfs-engine PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/back_pressure.cpp
    ${CMAKE_CURRENT_LIST_DIR}/background.cpp
    ${CMAKE_CURRENT_LIST_DIR}/check.cpp
    ${CMAKE_CURRENT_LIST_DIR}/check_log.cpp
    ${CMAKE_CURRENT_LIST_DIR}/check_report.cpp
    ${CMAKE_CURRENT_LIST_DIR}/collection_check.cpp
    ${CMAKE_CURRENT_LIST_DIR}/collection_index.cpp
    ${CMAKE_CURRENT_LIST_DIR}/collection_search.cpp
    ${CMAKE_CURRENT_LIST_DIR}/collection_view.cpp
    ${CMAKE_CURRENT_LIST_DIR}/collection_reclaim.cpp
    ${CMAKE_CURRENT_LIST_DIR}/collection_write.cpp
    ${CMAKE_CURRENT_LIST_DIR}/filter_plan.cpp
    ${CMAKE_CURRENT_LIST_DIR}/fresh_codes.cpp
    ${CMAKE_CURRENT_LIST_DIR}/fresh_sketches.cpp
    ${CMAKE_CURRENT_LIST_DIR}/inserted_index.cpp
    ${CMAKE_CURRENT_LIST_DIR}/local_collection.cpp
    ${CMAKE_CURRENT_LIST_DIR}/loss_account.cpp
    ${CMAKE_CURRENT_LIST_DIR}/open_index.cpp
    ${CMAKE_CURRENT_LIST_DIR}/part_index.cpp
    ${CMAKE_CURRENT_LIST_DIR}/part_kinds.cpp
    ${CMAKE_CURRENT_LIST_DIR}/point_view.cpp
    ${CMAKE_CURRENT_LIST_DIR}/rebuilt_manifest.cpp
    ${CMAKE_CURRENT_LIST_DIR}/recall_probe.cpp
    ${CMAKE_CURRENT_LIST_DIR}/repair_report.cpp
    ${CMAKE_CURRENT_LIST_DIR}/salvage.cpp
    ${CMAKE_CURRENT_LIST_DIR}/salvaged_log.cpp
    ${CMAKE_CURRENT_LIST_DIR}/schema.cpp
    ${CMAKE_CURRENT_LIST_DIR}/snapshot.cpp
    ${CMAKE_CURRENT_LIST_DIR}/snapshots.cpp
    ${CMAKE_CURRENT_LIST_DIR}/store.cpp
    ${CMAKE_CURRENT_LIST_DIR}/store_repair.cpp
    ${CMAKE_CURRENT_LIST_DIR}/store_restore.cpp
    ${CMAKE_CURRENT_LIST_DIR}/store_state.cpp
    ${CMAKE_CURRENT_LIST_DIR}/store_upload.cpp
    ${CMAKE_CURRENT_LIST_DIR}/stored_file.cpp
    ${CMAKE_CURRENT_LIST_DIR}/uploads.cpp)
