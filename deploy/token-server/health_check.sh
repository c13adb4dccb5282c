#!/bin/bash
# Exits with 0 if the token server is healthy, else with 1. For cron, monitoring and load balancers.
# health_check.sh [URL]

HEALTH_URL="${1:-http://localhost:8080/health}"
RESPONSE=$(curl --silent --max-time 5 --output /dev/null --write-out "%{http_code}" "$HEALTH_URL")

if [ "$RESPONSE" = 200 ]; then
    echo "Token server is healthy"
    exit 0
else
    echo "Token server is unhealthy (HTTP $RESPONSE)"
    exit 1
fi
