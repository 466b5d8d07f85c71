# How many: by the signal that each service exports and the catalogue names, and by CPU, whichever asks for more.

locals {
  scaled = { for name, service in var.services : name => service if var.instances[name].most > var.instances[name].least }
}

resource "aws_appautoscaling_target" "this" {
  for_each = merge({ for name in keys(local.scaled) : name => aws_ecs_service.this[name].name },
  var.instances["edge"].most > var.instances["edge"].least ? { edge = aws_ecs_service.edge.name } : {})

  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${each.value}"
  min_capacity       = var.instances[each.key].least
  max_capacity       = min(var.instances[each.key].most, try(var.services[each.key].most, 100))
}

resource "aws_appautoscaling_policy" "signal" {
  for_each = local.scaled

  name               = "${var.name}-${each.key}-signal"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id

  target_tracking_scaling_policy_configuration {
    target_value = each.value.scales_on.target
    # What comes anew is spread over all; what is there moves only when it ends, so that going back too soon would cost more than it saves.
    scale_out_cooldown = 60
    scale_in_cooldown  = 900

    customized_metric_specification {
      namespace   = var.name
      metric_name = each.value.scales_on.metric
      statistic   = each.value.scales_on.statistic

      dimensions {
        name  = "service"
        value = each.key
      }
    }
  }
}

resource "aws_appautoscaling_policy" "cpu" {
  for_each = aws_appautoscaling_target.this

  name               = "${var.name}-${each.key}-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = each.value.resource_id

  target_tracking_scaling_policy_configuration {
    # Half empty: what is left takes over what a neighbour had.
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 900

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
