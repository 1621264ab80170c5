case "${TARGET:-late}" in
    start|restart) stop_ticket "$@" ;;
    stop) kill "$(cat /run/route.pid)" ;;
    *) echo "Usage: $0 {start|stop}"; exit 5 ;;
esac
