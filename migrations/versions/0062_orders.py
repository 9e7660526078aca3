"""orders: applications, deliveries, reviews, objections and the ledger of dues"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0062'
down_revision = '0061'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'job_order',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('job_id', sa.Integer(), nullable=False),
        sa.Column('terms_id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('sentence', sa.Text(), nullable=False),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('place', sa.Integer(), nullable=True),
        sa.Column('nth', sa.Integer(), nullable=True),
        sa.Column('applied_at', sa.BigInteger(), nullable=False),
        sa.Column('since', sa.BigInteger(), nullable=False),
        sa.Column('until', sa.BigInteger(), nullable=True),
        sa.Column('remind_at', sa.BigInteger(), nullable=True),
        sa.Column('begun_at', sa.BigInteger(), nullable=True),
        sa.Column('deadline', sa.BigInteger(), nullable=True),
        sa.Column('refusing', sa.String(length=20), nullable=True),
        sa.Column('pay_by', sa.BigInteger(), nullable=True),
        sa.Column('overdue_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_job_order_job_id_job')),
        sa.ForeignKeyConstraint(['terms_id'], ['terms.id'], name=op.f('fk_job_order_terms_id_terms')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_job_order_person_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_job_order')),
        sa.UniqueConstraint('job_id', 'place', name=op.f('uq_job_order_job_id_place')),
        sa.UniqueConstraint('job_id', 'person_id', 'nth', name=op.f('uq_job_order_job_id_person_id_nth')),
    )
    op.create_index('ix_job_order_job_id_state', 'job_order', ['job_id', 'state'])
    for column in ('terms_id', 'person_id', 'until', 'remind_at', 'pay_by'):
        op.create_index(op.f(f'ix_job_order_{column}'), 'job_order', [column])
    op.create_table(
        'order_draft',
        sa.Column('order_id', sa.Integer(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('link', sa.String(length=2000), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('saves', sa.Integer(), nullable=False),
        sa.Column('saved_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ['order_id'], ['job_order.id'], name=op.f('fk_order_draft_order_id_job_order'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('order_id', name=op.f('pk_order_draft')),
    )
    op.create_table(
        'delivery',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('order_id', sa.Integer(), nullable=False),
        sa.Column('n', sa.Integer(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('link', sa.String(length=2000), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('words', sa.Integer(), nullable=False),
        sa.Column('minutes', sa.Integer(), nullable=True),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('delivered_at', sa.BigInteger(), nullable=False),
        sa.Column('is_late', sa.Boolean(), nullable=False),
        sa.Column('emptied_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['order_id'], ['job_order.id'], name=op.f('fk_delivery_order_id_job_order')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
        sa.UniqueConstraint('order_id', 'n', name=op.f('uq_delivery_order_id_n')),
    )
    op.create_table(
        'review',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('delivery_id', sa.Integer(), nullable=False),
        sa.Column('decision', sa.String(length=20), nullable=False),
        sa.Column('by_clock', sa.Boolean(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=True),
        sa.Column('faults', sa.JSON(), nullable=False),
        sa.Column('decided_at', sa.BigInteger(), nullable=False),
        sa.Column('until', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['delivery_id'], ['delivery.id'], name=op.f('fk_review_delivery_id_delivery')),
        sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_review_account_id_account')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_review')),
    )
    op.create_table(
        'objection',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('order_id', sa.Integer(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('objected_at', sa.BigInteger(), nullable=False),
        sa.Column('answer', sa.String(length=20), nullable=True),
        sa.Column('answer_text', sa.Text(), nullable=False),
        sa.Column('answered_by', sa.Integer(), nullable=True),
        sa.Column('answered_at', sa.BigInteger(), nullable=True),
        sa.Column('second', sa.String(length=20), nullable=True),
        sa.Column('second_text', sa.Text(), nullable=False),
        sa.Column('second_by', sa.Integer(), nullable=True),
        sa.Column('second_at', sa.BigInteger(), nullable=True),
        sa.Column('by_clock', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['order_id'], ['job_order.id'], name=op.f('fk_objection_order_id_job_order')),
        sa.ForeignKeyConstraint(['answered_by'], ['account.id'], name=op.f('fk_objection_answered_by_account')),
        sa.ForeignKeyConstraint(['second_by'], ['account.id'], name=op.f('fk_objection_second_by_account')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_objection')),
        sa.UniqueConstraint('order_id', name=op.f('uq_objection_order_id')),
    )
    op.create_table(
        'due_entry',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('order_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('cents', sa.Integer(), nullable=False),
        sa.Column('change', sa.Integer(), nullable=False),
        sa.Column('currency', sa.String(length=3), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=True),
        sa.Column('about_id', sa.Integer(), nullable=True),
        sa.Column('paid_on', sa.Date(), nullable=True),
        sa.Column('reference', sa.String(length=140), nullable=False),
        sa.Column('op', sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(['order_id'], ['job_order.id'], name=op.f('fk_due_entry_order_id_job_order')),
        sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_due_entry_account_id_account')),
        sa.ForeignKeyConstraint(['about_id'], ['due_entry.id'], name=op.f('fk_due_entry_about_id_due_entry')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_due_entry')),
    )
    for table, columns in INDEXED.items():
        for column in columns:
            op.create_index(op.f(f'ix_{table}_{column}'), table, [column])
    with op.batch_alter_table('notification') as table:
        table.alter_column('challenge_id', existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column('job_id', sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f('fk_notification_job_id_job'), 'job', ['job_id'], ['id'], ondelete='CASCADE'
        )
        table.create_index(op.f('ix_notification_job_id'), ['job_id'])


INDEXED = {
    'review': ('delivery_id', 'account_id'),
    'objection': ('answered_by', 'second_by'),
    'due_entry': ('order_id', 'account_id', 'about_id'),
}


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM job_order', 'Orders of jobs, and what is owed for them, would be lost.')
    op.execute('DELETE FROM notification WHERE challenge_id IS NULL')
    with op.batch_alter_table('notification') as table:
        table.drop_index(op.f('ix_notification_job_id'))
        table.drop_constraint(op.f('fk_notification_job_id_job'), type_='foreignkey')
        table.drop_column('job_id')
        table.alter_column('challenge_id', existing_type=sa.Integer(), nullable=False)
    for table in ('due_entry', 'objection', 'review', 'delivery', 'order_draft', 'job_order'):
        op.drop_table(table)
